import type { CourierPersonality, Lane } from "./personality.js";

const nearby = ["AT", "BE", "CH", "CZ", "DK", "FR", "LU", "NL", "PL"];
const workdays = [1, 2, 3, 4, 5];
const withSaturday = [...workdays, 6];

/** What is the same on most lanes. */
const calm = { lateDays: [0.3, 2], attemptFailsRate: 0.04, returnRate: 0.008, lossRate: 0.001 } as const;

type PriceList = Lane["prices"];

const plus = (prices: PriceList, minor: number): PriceList => prices.map(([upToGrams, priceMinor]) => [upToGrams, priceMinor + minor]);

const snailPrices: PriceList = [[1_000, 349], [5_000, 449], [15_000, 799], [31_500, 1_299]];

/** Cheapest of all and late every fourth time, far away every other. */
export const snail: CourierPersonality = {
  id: "snail", about: "Cheap, goes everywhere, often late.", currency: "EUR", label: "pdf",
  services: [{
    name: "economy", cashOnDeliveryMinor: 250,
    lanes: [
      { ...calm, region: "home", countries: ["DE"], prices: snailPrices, promisedDays: 3, days: [0.9, 2.2], lateRate: 0.25, lateDays: [0.5, 4] },
      { ...calm, region: "nearby", countries: nearby, prices: plus(snailPrices, 450), promisedDays: 5, days: [1.8, 4.2], lateRate: 0.35, lateDays: [0.5, 5] },
      { ...calm, region: "world", countries: "all", prices: plus(snailPrices, 1_250), promisedDays: 9, days: [4, 8.2], lateRate: 0.5, lateDays: [1, 9], lossRate: 0.01 },
    ],
  }],
  pickup: { cutOffHour: 12, weekdays: workdays }, capacityPerDay: 20_000, forgottenRate: 0.002,
  quirks: { latencyMs: 40, duplicateRate: 0.02 }, episodes: [],
};

const cometPrices: PriceList = [[1_000, 599], [5_000, 749], [20_000, 1_190]];

/** Fast and true to its word, but on Mondays its sorting machine and its API are no good. */
export const comet: CourierPersonality = {
  id: "comet", about: "Fast; on Mondays its API fails and its parcels get stuck.", currency: "EUR", label: "zpl",
  services: [
    {
      name: "next_day", cashOnDeliveryMinor: 390, sizeMaxMm: [1_200, 600, 600],
      lanes: [
        { ...calm, region: "home", countries: ["DE"], prices: cometPrices, promisedDays: 1.5, days: [0.4, 0.7], lateRate: 0.03 },
        { ...calm, region: "nearby", countries: nearby, prices: plus(cometPrices, 600), promisedDays: 2.5, days: [0.9, 1.7], lateRate: 0.05 },
      ],
    },
    {
      name: "express", cashOnDeliveryMinor: null, sizeMaxMm: [1_000, 500, 500],
      lanes: [{ ...calm, region: "home", countries: ["DE"], prices: plus(cometPrices, 500), promisedDays: 1, days: [0.1, 0.2], lateRate: 0.02, attemptFailsRate: 0.02 }],
    },
  ],
  pickup: { cutOffHour: 18, weekdays: withSaturday }, capacityPerDay: 5_000, forgottenRate: 0.001,
  quirks: { latencyMs: 15 },
  episodes: [{ weekdays: [1], troubleFactor: 10, quirks: { failRate: 0.4, hangRate: 0.1 } }],
};

const dalesPrices: PriceList = [[2_000, 890], [10_000, 1_090], [40_000, 1_790]];

/** Knows every door of its valleys, and goes nowhere else. */
export const dales: CourierPersonality = {
  id: "dales", about: "Dear and reliable, but only in the regions 1, 2 and 8 of its country.", currency: "EUR", label: "pdf",
  services: [{
    name: "by_hand", cashOnDeliveryMinor: 150,
    lanes: [
      {
        ...calm, region: "valleys", countries: ["DE"], postalPrefixes: ["1", "2"], prices: dalesPrices, promisedDays: 2, days: [0.5, 1.2],
        lateRate: 0.01, attemptFailsRate: 0.01, returnRate: 0.002, lossRate: 0,
      },
      {
        ...calm, region: "heights", countries: ["DE"], postalPrefixes: ["8"], prices: plus(dalesPrices, 300), promisedDays: 3, days: [1, 2.2],
        lateRate: 0.02, attemptFailsRate: 0.02, returnRate: 0.003, lossRate: 0,
      },
    ],
  }],
  pickup: { cutOffHour: 15, weekdays: withSaturday }, capacityPerDay: 400, forgottenRate: 0, quirks: { latencyMs: 25 }, episodes: [],
};

const flickerPrices: PriceList = [[1_000, 429], [5_000, 559], [31_500, 990]];

/** Carries well for a fair price. Its machines are another matter. */
export const flicker: CourierPersonality = {
  id: "flicker", about: "Fair price, fair parcels; its API and its webhooks are a mess.", currency: "EUR", label: "zpl",
  services: [{
    name: "parcel", cashOnDeliveryMinor: 300,
    lanes: [
      { ...calm, region: "home", countries: ["DE"], prices: flickerPrices, promisedDays: 2, days: [0.6, 1.2], lateRate: 0.08 },
      { ...calm, region: "nearby", countries: nearby, prices: plus(flickerPrices, 500), promisedDays: 4, days: [1.5, 3.2], lateRate: 0.1 },
      { ...calm, region: "islands", countries: ["GB", "IE", "MT", "CY"], prices: plus(flickerPrices, 900), promisedDays: 5, days: [2, 4.2], lateRate: 0.12 },
    ],
  }],
  pickup: { cutOffHour: 16, weekdays: workdays }, capacityPerDay: 8_000, forgottenRate: 0.005,
  quirks: {
    latencyMs: 60, failRate: 0.04, hangRate: 0.01, resetRate: 0.02, garbageRate: 0.01, timeoutAfterRate: 0.02, failAfterRate: 0.01,
    cancelTimeoutRate: 0.05, cancelRefusedRate: 0.02, duplicateRate: 0.2, lateRate: 0.1, outOfOrderRate: 0.1, unknownCodeRate: 0.05,
  },
  episodes: [],
};

const steadyPrices: PriceList = [[1_000, 519], [5_000, 649], [31_500, 1_090]];

/** The measure of the others. */
export const steady: CourierPersonality = {
  id: "steady", about: "Middle of the road in everything.", currency: "EUR", label: "pdf",
  services: [{
    name: "standard", cashOnDeliveryMinor: 300,
    lanes: [
      { ...calm, region: "home", countries: ["DE"], prices: steadyPrices, promisedDays: 2, days: [0.5, 1.2], lateRate: 0.06 },
      { ...calm, region: "nearby", countries: nearby, prices: plus(steadyPrices, 480), promisedDays: 4, days: [1.4, 3.2], lateRate: 0.07 },
      { ...calm, region: "world", countries: "all", prices: plus(steadyPrices, 1_600), promisedDays: 7, days: [3, 6.2], lateRate: 0.12, lossRate: 0.004 },
    ],
  }],
  pickup: { cutOffHour: 17, weekdays: withSaturday }, capacityPerDay: 10_000, forgottenRate: 0.001, quirks: { latencyMs: 20 }, episodes: [],
};

export const couriersOfTheTown: readonly CourierPersonality[] = [snail, comet, dales, flicker, steady];

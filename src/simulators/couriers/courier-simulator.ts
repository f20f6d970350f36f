import { Webhook } from "standardwebhooks";
import type { Logger } from "../../platform/log/logger.js";
import { DueQueue } from "../due-queue.js";
import { FaultSwitch, happens } from "../faults.js";
import { startSimulatorServer } from "../simulator-server.js";
import { WebhookOutbox } from "../webhook-outbox.js";
import { CourierBooks, type CourierTotals, type Parcel, type ScanEvent } from "./courier-books.js";
import { webhookBody } from "./courier-messages.js";
import { courierQuirksSchema, noCourierQuirks, type CourierQuirks } from "./courier-quirks.js";
import { courierRoutes } from "./courier-routes.js";
import { dayMs, usualJourney, type JourneyTimes } from "./journey.js";

export interface CourierSimulatorOptions {
  readonly id: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Where it remembers, over kill and restart, its parcels and how far they came; without a file it forgets. */
  readonly dataFile?: string;
  /** Without an address webhooks wait for one. */
  readonly webhookUrl?: string;
  /** Base64, with or without `whsec_` before it (Standard Webhooks). */
  readonly webhookSecret: string;
  readonly apiKey: string;
  /** How many times faster than real its days pass: 20,000 makes one 4.3 seconds. */
  readonly speed: number;
  readonly logger: Logger;
  readonly quirks?: Partial<CourierQuirks>;
  readonly times?: JourneyTimes;
  /** 0 up to 1; `Math.random` by default. */
  readonly random?: () => number;
}

export interface CourierSimulator {
  readonly url: string;
  readonly port: number;
  books(): CourierTotals;
  /** Changes what is named, leaves the rest. */
  setQuirks(change: Partial<CourierQuirks>): void;
  setWebhookUrl(url: string | undefined): void;
  stop(): Promise<void>;
}

/** After the next scan a held webhook waits this long, so that the other goes out first. */
const overtakenByMs = 50;

/** A courier on the loopback interface that speaks `docs/courier-contract.md` and carries parcels by itself. */
export async function startCourierSimulator(options: CourierSimulatorOptions): Promise<CourierSimulator> {
  const { logger, random = Math.random } = options;
  const quirks = new FaultSwitch<CourierQuirks>(courierQuirksSchema, noCourierQuirks);
  quirks.set(options.quirks ?? {});
  const signer = new Webhook(options.webhookSecret);
  const books = new CourierBooks(options.dataFile);
  const outbox = new WebhookOutbox({
    url: options.webhookUrl,
    logger,
    sign: (id, body, atSeconds) => ({
      "webhook-id": id,
      "webhook-timestamp": String(atSeconds),
      "webhook-signature": signer.sign(id, new Date(atSeconds * 1_000), body),
    }),
    onSettled: (id) => { books.settle(id); },
  });
  const post = (event: ScanEvent, delayMs: number): void => outbox.post({ eventId: event.id, body: () => webhookBody(event) }, delayMs);
  const roads = new DueQueue<Parcel>((parcel) => {
    if (parcel.cancelled) return;
    tell(books.scan(parcel, Date.now()));
    sendOn(parcel);
  });

  /** Only a parcel's next scan stands in the queue, so 30,000 parcels are 30,000 entries. */
  function sendOn(parcel: Parcel): void {
    const dueMs = nextScanMs(parcel, options.speed);
    if (dueMs !== null && !parcel.cancelled) roads.add(parcel, dueMs);
  }

  function tell(event: ScanEvent): void {
    const { silent, duplicateRate, lateRate, lateMs, outOfOrderRate } = quirks.current;
    if (silent) return books.settle(event.id);
    let delayMs = happens(lateRate, random) ? lateMs : 0;
    const nextMs = nextScanMs(event.parcel, options.speed);
    if (nextMs !== null && happens(outOfOrderRate, random)) delayMs = Math.max(delayMs, nextMs - Date.now() + overtakenByMs);
    post(event, delayMs);
    if (happens(duplicateRate, random)) post(event, delayMs);
  }

  const server = await startSimulatorServer(
    options.port ?? 0,
    courierRoutes({ id: options.id, apiKey: options.apiKey, books, quirks, times: options.times ?? usualJourney, begin: sendOn, random }),
    logger,
  ).catch((error: unknown) => {
    outbox.stop();
    books.close();
    throw error;
  });
  // What was under way before a kill goes on: first the news that was not told, then the roads.
  for (const event of books.unsettled()) post(event, 0);
  for (const parcel of books.parcels()) sendOn(parcel);
  return {
    url: server.url,
    port: server.port,
    books: () => books.totals(),
    setQuirks: (change) => { quirks.set(change); },
    setWebhookUrl: (url) => { outbox.setUrl(url); },
    async stop() {
      roads.stop();
      outbox.stop();
      await server.stop();
      books.close();
    },
  };
}

/** When the parcel will be seen next; null at its journey's end. */
function nextScanMs({ booking, scansMs }: Parcel, speed: number): number | null {
  const step = booking.plan[scansMs.length];
  return step ? booking.bookedAtMs + (step.afterDays * dayMs) / speed : null;
}

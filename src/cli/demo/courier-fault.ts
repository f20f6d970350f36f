import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Settings } from "../../platform/config/config.js";
import { townFile } from "../simulated-town.js";

const townSchema = z.object({ controlUrl: z.url() });
const couriersSchema = z.object({ couriers: z.array(z.object({ id: z.string() })) });
const answersWithinMs = 5_000;

/**
 * Has a simulated courier answer 503 to everything, or work again.
 * @returns what to tell the person
 * @throws Error with one sentence where that cannot be done
 */
export async function setCourierDown(courier: string, down: boolean, { MILLRACE_DATA_DIR: directory }: Pick<Settings, "MILLRACE_DATA_DIR">): Promise<string> {
  const town = `${await controlUrlOf(directory)}/_simulator/couriers`;
  const known = couriersSchema.parse(JSON.parse(await call(town))).couriers.map(({ id }) => id);
  if (!known.includes(courier)) throw new Error(`There is no simulated courier ${courier}; there are ${known.join(", ")}.`);
  await call(`${town}/${courier}/quirks`, { method: "POST", body: JSON.stringify({ down }) });
  return down
    ? `${courier} is down: it answers 503 to everything. \`millrace demo courier-up ${courier}\` brings it back.`
    : `${courier} is back.`;
}

async function controlUrlOf(directory: string): Promise<string> {
  const text = await readFile(join(directory, townFile), "utf8").catch(() => {
    throw new Error(`No couriers were simulated in ${directory}: they are where \`npm start\` runs without couriers of its own.`);
  });
  return townSchema.parse(JSON.parse(text)).controlUrl;
}

async function call(url: string, request: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(answersWithinMs) }).catch(() => {
    throw new Error("The simulated couriers do not run: start Millrace with `npm start` first.");
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The simulated couriers answered ${response.status}: ${text}`);
  return text;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Settings } from "../../platform/config/config.js";
import { townFile } from "../simulated-town.js";

const townSchema = z.object({ controlUrl: z.url() });
const booksSchema = z.object({ couriers: z.record(z.string(), z.object({ bookings: z.number() })) });
const answersWithinMs = 5_000;

/**
 * Has a simulated courier answer 503 to everything, or work again.
 * @param courier who has most bookings where none is named, or all that are to work again
 * @returns what to tell the person
 * @throws Error with one sentence where that cannot be done
 */
export async function setCourierDown(courier: string | undefined, down: boolean, { MILLRACE_DATA_DIR: directory }: Pick<Settings, "MILLRACE_DATA_DIR">): Promise<string> {
  const control = `${await controlUrlOf(directory)}/_simulator`;
  const { couriers } = booksSchema.parse(JSON.parse(await call(`${control}/books`)));
  const known = Object.entries(couriers).sort(([, one], [, other]) => other.bookings - one.bookings).map(([id]) => id);
  const chosen = courier === undefined ? known.slice(0, down ? 1 : undefined) : known.filter((id) => id === courier);
  if (chosen.length === 0) throw new Error(`There is no simulated courier ${String(courier)}; there are ${known.sort().join(", ")}.`);
  for (const id of chosen) await call(`${control}/couriers/${id}/quirks`, { method: "POST", body: JSON.stringify({ down }) });
  return down ? `${chosen.join()} is down: it answers 503 to everything. \`npx millrace demo courier-up\` brings it back.` : `${chosen.sort().join(", ")}: back at work.`;
}

async function controlUrlOf(directory: string): Promise<string> {
  const text = await readFile(join(directory, townFile), "utf8").catch(() => {
    throw new Error(`No couriers are simulated in ${directory}: run \`npm start\` first, without COURIERS_FILE and COURIER_API_URL.`);
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

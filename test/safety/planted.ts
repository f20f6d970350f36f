import { withClient } from "../../src/platform/postgres/connection.js";
import { secret as jwtSecret } from "../http/sample-api.js";
import { paymentSecrets } from "../split/shop-processes.js";

/** What must never be found again. A card's number that is known to be a test's, tokens as a provider gives them, and what opens doors. */
export const card = "4242424242424242";
export const tokens = {
  charged: "pm_PlantedCharged7f3a",
  declined: "pm_PlantedDeclined7f3a",
  retried: "pm_PlantedRetried7f3a",
  /** No token by its form: the provider's error repeats it. */
  unknown: "pm-Planted-Unknown-7f3a",
  timedOut: "pm_PlantedTimedOut7f3a",
} as const;

const planted: Readonly<Record<string, string>> = {
  "the card's number": card, ...Object.fromEntries(Object.entries(tokens).map(([name, token]) => [`the token ${name}`, token])),
  "the API key": paymentSecrets.apiKey, "the webhook secret": paymentSecrets.webhookSecret, "the secret of the JWTs": jwtSecret,
};

/** Each in all forms that it could be hidden in. */
const forms: readonly (readonly [name: string, form: string])[] = Object.entries(planted).flatMap(([name, value]) => {
  const bytes = Buffer.from(value);
  // Base64 of a part of a longer text begins at any of three places; what is in its middle is the same each time.
  const within = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").slice(Math.ceil(shift * 8 / 6), -4));
  const grouped = value === card ? [" ", "-", "."].map((between) => value.match(/\d{4}/g)!.join(between)) : [];
  return [value, value.toLowerCase(), encodeURIComponent(value), bytes.toString("hex"), bytes.toString("base64url"), ...within, ...grouped].map((form) => [name, form] as const);
});

export const plantedNames = Object.keys(planted);

/** What is in the text that must not be, by name. */
export function leaksIn(text: string): readonly string[] {
  return [...new Set(forms.filter(([, form]) => text.includes(form)).map(([name]) => name))];
}

export function valueOf(name: string): string {
  return planted[name]!;
}

/** Where a server keeps text: every table of every schema that is ours, each row as text. */
const tablesSql = `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%' ORDER BY 1`;

/** @returns tables and what was found in them, and which tables were looked at. */
export async function scanDatabase(url: string, exceptions: readonly string[] = []): Promise<{ readonly leaks: readonly string[]; readonly tables: readonly string[] }> {
  return withClient({ url }, async (client) => {
    const { rows } = await client.query<{ name: string }>(tablesSql);
    const tables = rows.map(({ name }) => name).filter((name) => !exceptions.includes(name));
    const leaks: string[] = [];
    for (const table of tables) {
      const found = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM ${table} t WHERE EXISTS (SELECT FROM unnest($1::text[]) form WHERE position(form IN t::text) > 0)`, [forms.map(([, form]) => form)]);
      for (const { row } of found.rows) leaks.push(...leaksIn(row).map((name) => `${table}: ${name} in ${row.slice(0, 300)}`));
    }
    return { leaks, tables };
  });
}

import pg, { type CustomTypesConfig } from "pg";

type PgType = Parameters<CustomTypesConfig["getTypeParser"]>[0];

const { INT8, TIMESTAMPTZ, DATE } = pg.types.builtins;

/**
 * How rows of a read node look in memory: times as RFC 3339 UTC with milliseconds, as in events, whole numbers
 * as numbers while a double holds them (else as text), dates as they are written.
 * Needs `TimeZone = UTC` on the connection.
 */
export const nodeTypes: CustomTypesConfig = {
  getTypeParser: (oid: PgType, format?: "text" | "binary") => {
    if (oid === INT8) return toNumber;
    if (oid === TIMESTAMPTZ) return toRfc3339;
    if (oid === DATE) return (text: string) => text;
    return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  },
};

/** For every connection to a node. Without jit: these statements are too short to be worth compiling. */
export const nodeSettings = { TimeZone: "UTC", jit: "off" } as const;

/**
 * For connections that fold. The log can always be folded again, and rows and checkpoint are lost together,
 * so no commit waits for the disk. Scans are off because prepared statements that were first planned on an
 * empty table would keep scanning it: everything the fold reads has an index.
 */
export const foldSettings = { ...nodeSettings, synchronous_commit: "off", enable_seqscan: "off", enable_bitmapscan: "off" } as const;

function toNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

const utcText = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

function toRfc3339(text: string): string {
  const match = utcText.exec(text);
  if (!match) return new Date(text).toISOString();
  const [, day, time, fraction = ""] = match;
  return `${String(day)}T${String(time)}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
}

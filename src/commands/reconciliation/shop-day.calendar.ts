/** Part of a day that one step compares: small, so that a day with a rush still fits into memory and a restart repeats little. */
const spanMs = 15 * 60_000;
const dayMs = 86_400_000;
const dayForm = /^\d{4}-\d{2}-\d{2}$/;

/** The day, YYYY-MM-DD, that a moment lies in, as the shop's clocks show it. @param timeZone IANA's name, e.g. Europe/Berlin */
export function dayOf(atMs: number, timeZone: string): string {
  return new Date(atMs + offsetMs(atMs, timeZone)).toISOString().slice(0, 10);
}

export function isDay(text: string): boolean {
  return dayForm.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);
}

/** So many days earlier by the calendar. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * dayMs).toISOString().slice(0, 10);
}

/** When the day begins, RFC 3339. */
export function beginOf(day: string, timeZone: string): string {
  const midnight = Date.parse(day);
  // The offset of midnight itself: it may differ from the one at the same UTC hour where clocks are changed that night.
  const guess = midnight - offsetMs(midnight, timeZone);
  return new Date(midnight - offsetMs(guess, timeZone)).toISOString();
}

/** The span that begins at `from`; the last one of a day ends with it, also on days of 23 and 25 hours. */
export function spanFrom(from: string, day: string, timeZone: string): { readonly from: string; readonly to: string; readonly last: boolean } {
  const end = beginOf(daysBefore(day, -1), timeZone);
  const next = new Date(Date.parse(from) + spanMs).toISOString();
  return next < end ? { from, to: next, last: false } : { from, to: end, last: true };
}

/** One a zone: making a format takes over twenty times as long as using it, and each parcel asks for several days. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  formats.set(timeZone, format);
  return format;
}

/** How far the zone's clocks are ahead of UTC. */
function offsetMs(atMs: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((each) => each.type === type)?.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(atMs / 1_000) * 1_000;
}

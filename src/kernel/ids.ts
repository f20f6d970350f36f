import { hash } from "node:crypto";
import { v7 } from "uuid";

/** A new time-ordered id (RFC 9562, version 7): for events, and for jobs that no event causes. */
export function newId(): string {
  return v7();
}

/**
 * A name's id: SHA-1 shaped as a UUIDv5 (RFC 9562, section 5.5) without a namespace, the parts joined by NUL.
 * The same parts give the same id on every process and at every time.
 */
export function nameId(...parts: readonly string[]): string {
  const hex = hash("sha1", parts.join("\0"), "hex");
  const variant = ((parseInt(hex[16] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The id of the job that `queue` gets for an event: the event's time-ordered half, so that jobs keep the
 * order of their events, and a second half that no other queue shares.
 */
export function jobIdFor(eventId: string, queue: string): string {
  const hex = hash("sha1", `${eventId}\0${queue}`, "hex");
  const variant = ((parseInt(hex[0] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return `${eventId.slice(0, 18)}-${variant}${hex.slice(1, 4)}-${hex.slice(4, 16)}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

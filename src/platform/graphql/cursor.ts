import { SystemError } from "../errors.js";

/** Says whether one part of a cursor has the form that the query's SQL expects. */
export type CursorPart = (text: string) => boolean;

const cursorLengthMax = 500;
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;
const integer = /^-?\d{1,18}$/;

export const isTimestampPart: CursorPart = (text) => timestamp.test(text) && !Number.isNaN(Date.parse(text));
export const isIntegerPart: CursorPart = (text) => integer.test(text);
export const isTextPart: CursorPart = (text) => text.length <= 200 && !text.includes("\0");

/** The sort key of a row as opaque text. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/**
 * Clients do send cursors that they cut or made up, so every part is checked before it comes near SQL.
 * @throws SystemError BAD_USER_INPUT
 */
export function decodeCursor(cursor: string, shape: readonly CursorPart[], field: string): readonly string[] {
  const parts = cursor.length <= cursorLengthMax ? textsOf(cursor) : null;
  const fits = parts !== null && parts.length === shape.length
    && shape.every((isPart, place) => isPart(parts[place] ?? ""));
  if (!fits) throw new SystemError("BAD_USER_INPUT", `${field}: not a cursor of this list.`);
  return parts;
}

function textsOf(cursor: string): readonly string[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : null;
  } catch {
    return null;
  }
}

import { createReadStream } from "node:fs";

/** One line of a file, counted from 1. */
export interface FileLine {
  readonly number: number;
  /** Without its line break; null where it is longer than anybody should read. */
  readonly text: string | null;
}

/** Bytes of one line: 1,098 codes, the longest basket we have seen, take 8,000. */
export const lineBytesMax = 1_048_576;

const newline = 0x0a;
const nothing = Buffer.alloc(0);

/** The lines of a file one by one, in bounded memory. A final line break ends the last line and begins none. */
export async function* fileLines(path: string, onBytes?: (bytes: Buffer) => void): AsyncGenerator<FileLine, void, undefined> {
  let begun: Buffer = nothing;
  let tooLong = false;
  let number = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    onBytes?.(chunk);
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      number += 1;
      yield { number, text: tooLong ? null : textOf(Buffer.concat([begun, chunk.subarray(start, end)])) };
      begun = nothing;
      tooLong = false;
      start = end + 1;
    }
    if (!tooLong) begun = Buffer.concat([begun, chunk.subarray(start)]);
    tooLong ||= begun.length > lineBytesMax;
    if (tooLong) begun = nothing;
  }
  if (tooLong || begun.length > 0) yield { number: number + 1, text: tooLong ? null : textOf(begun) };
}

function textOf(bytes: Buffer): string | null {
  if (bytes.length > lineBytesMax) return null;
  const text = bytes.toString("utf8");
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

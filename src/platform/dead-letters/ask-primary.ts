import { SystemError } from "../errors.js";
import type { Reader } from "./dead-letter.js";

/** The request's way to the primary: bounded, so that an operator's question never gets in an order's way. */
export function askPrimary(primary: Reader): Reader {
  return {
    async query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
      try {
        return await primary.query<Row>(text, values);
      } catch (cause) {
        throw new SystemError("UNAVAILABLE", "The primary did not answer in time; ask again.", { cause, retryAfterSeconds: 5 });
      }
    },
  };
}

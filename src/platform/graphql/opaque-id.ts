import { isUuid } from "../../kernel/ids.js";
import { SystemError } from "../errors.js";

/**
 * Ids as clients see them: `order_0192…`. Clients take them as they are and never build one; the word in
 * front lets us refuse an id of another kind, and lets a person at night see what an id is of.
 */
export interface IdCodec {
  encode(raw: string): string;
  /** Null where it is no id of this kind. */
  decode(id: string): string | null;
  /** @throws SystemError BAD_USER_INPUT naming the field */
  read(id: string, field: string): string;
}

/** Longest raw id that is taken in; keeps foreign text out of logs and queries. */
const rawLengthMax = 100;

/**
 * @param kind the word in front, e.g. `order`
 * @param isRaw what an id of this kind looks like inside; a UUID by default
 */
export function defineId(kind: string, isRaw: (raw: string) => boolean = isUuid): IdCodec {
  const prefix = `${kind}_`;
  const decode = (id: string): string | null => {
    if (!id.startsWith(prefix) || id.length > prefix.length + rawLengthMax) return null;
    const raw = id.slice(prefix.length);
    return isRaw(raw) ? raw : null;
  };
  return {
    encode: (raw) => prefix + raw,
    decode,
    read(id, field) {
      const raw = decode(id);
      if (raw === null) throw new SystemError("BAD_USER_INPUT", `${field}: ${JSON.stringify(id.slice(0, rawLengthMax))} is no id of the kind "${kind}".`);
      return raw;
    },
  };
}

import { hash } from "node:crypto";

/** Chance that can be repeated, 0 up to 1: the same for the same name, whatever else was drawn meanwhile. */
export function luckOf(name: string): () => number {
  let draws = 0;
  return () => {
    draws += 1;
    return hash("sha1", `${name}/${draws}`, "buffer").readUInt32LE(0) / 4_294_967_296;
  };
}

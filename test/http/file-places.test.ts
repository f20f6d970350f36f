import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "@jest/globals";
import { FilePlaces } from "../../src/platform/http/file-places.js";

const places = (filesMax: number): FilePlaces => new FilePlaces({ filesMax, sendMaxMs: 60_000, refusal: "too many" });
const answer = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));
const closed = async (one: ServerResponse): Promise<ServerResponse> => {
  const closing = new Promise((resolve) => { one.once("close", resolve); });
  one.destroy();
  await closing;
  return one;
};

it("a file's place is free again once its answer has ended", async () => {
  const two = places(2);
  const [one, other] = [answer(), answer()];
  two.take(one);
  two.take(other);
  expect(() => { two.take(answer()); }).toThrow("too many");
  await closed(one);
  const next = answer();
  expect(() => { two.take(next); }).not.toThrow();
  await Promise.all([other, next].map(closed));
});

it("who hung up before the file was looked for takes no place for ever", async () => {
  const one = places(1);
  one.take(await closed(answer()));
  const next = answer();
  expect(() => { one.take(next); }).not.toThrow();
  await closed(next);
});

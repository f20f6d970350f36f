import type { FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { SystemError } from "../errors.js";
import type { Overload } from "../overload/overload.js";
import { Caller } from "./caller.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set at the door of the routes that have one. */
    caller: Caller | null;
  }
}

/** In milliseconds, how long the caller will wait for its work to begin. */
const timeoutHeader = "x-request-timeout-ms";
const timeoutForm = /^[1-9]\d{0,6}$/;

/** Makes the reply a refusal and returns its body. Written by hand: it has to be cheaper than whatever it saves. */
export function turnAway({ id }: FastifyRequest, reply: FastifyReply, retryAfterSeconds: number): string {
  reply.code(503).header("retry-after", String(retryAfterSeconds)).type("application/json; charset=utf-8");
  return `{"errors":[{"message":"Too many requests are at work already. Nothing was begun; repeat with the same key.","extensions":{"code":"OVERLOADED","retryAfterSeconds":${String(retryAfterSeconds)},"requestId":${JSON.stringify(id)}}}]}`;
}

/**
 * Counts who is inside, turns away who would be too many before the body is read, and notes when a caller leaves.
 */
export function door(overload: Overload): onRequestHookHandler {
  return (request, reply, done) => {
    if (overload.isFull) {
      overload.count("request");
      void reply.send(turnAway(request, reply, overload.retryAfterSeconds));
      return;
    }
    const caller = new Caller();
    request.caller = caller;
    overload.enter();
    const given = request.headers[timeoutHeader];
    const timeout = typeof given === "string" && timeoutForm.test(given) ? setTimeout(() => { caller.runOut(); }, Number(given)) : undefined;
    reply.raw.once("close", () => {
      overload.leave(!caller.turnedAway);
      clearTimeout(timeout);
      if (!reply.raw.writableFinished) caller.hangUp();
    });
    if (given !== undefined && timeout === undefined) done(new SystemError("BAD_USER_INPUT", `${timeoutHeader}: must be a whole number of milliseconds, 1 to 9999999.`));
    else done();
  };
}

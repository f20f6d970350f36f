import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import type { onRequestHookHandler } from "fastify";
import { SystemError } from "../errors.js";
import type { Admission } from "../rate-limits/admission.js";
import type { RateLimits } from "../rate-limits/rate-limits.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the gate of the routes that have one. */
    admission: Admission | null;
  }
}

/** Counts a request's address before its body is read and before anybody looks at its token. */
export function rateGate(limits: RateLimits): onRequestHookHandler {
  return (request, _reply, done) => {
    request.admission = limits.begin(request.raw);
    const entering = request.admission.enter();
    if (!entering) done();
    else entering.then(() => { done(); }, (error: unknown) => { done(error as Error); });
  };
}

/** The same for a WebSocket that is to be opened: `open` is called now or in a moment, or `refuse` with the seconds to wait. */
export function socketGate(limits: RateLimits): (request: IncomingMessage, stream: Duplex, open: () => void, refuse: (retryAfterSeconds: number) => void) => void {
  return (request, stream, open, refuse) => {
    const entering = limits.begin(request).enter();
    if (!entering) {
      open();
      return;
    }
    // Node takes the end of a socket that nobody listens to for a crash.
    const destroy = (): void => { stream.destroy(); };
    stream.on("error", destroy);
    entering.then(
      () => {
        stream.off("error", destroy);
        if (!stream.destroyed) open();
      },
      (error: unknown) => { refuse(error instanceof SystemError ? error.options.retryAfterSeconds ?? 1 : 1); },
    );
  };
}

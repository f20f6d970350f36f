import type { IncomingMessage } from "node:http";
import { Counter, Gauge, type Registry } from "prom-client";
import type { Settings } from "../config/config.js";
import type { Logger } from "../log/logger.js";
import { Admission, type Counters, type OnRefusal } from "./admission.js";
import { clientAddresses, type ClientAddress } from "./client-address.js";
import { LimitCounter } from "./limit-counter.js";
import { limitsOf, type Limit } from "./limits.js";
import { SharedCounters } from "./shared-counters.js";

export interface RateLimitParts {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly logger: Logger;
}

/** All limits of a process. With REDIS_URL they are shared by all processes that have the same. */
export class RateLimits {
  readonly #counters: Counters;
  readonly #addressOf: (request: IncomingMessage) => ClientAddress;
  readonly #shared: SharedCounters | null;
  readonly #onRefusal: OnRefusal;

  constructor({ settings, registry, logger }: RateLimitParts) {
    const { REDIS_URL: url, RATE_LIMIT_REDIS_WAIT_MS: waitMs, RATE_LIMIT_PROCESSES: processes } = settings;
    const limits = limitsOf(settings);
    const isOff = Object.values(limits).every((limit) => limit === null);
    const shared = url === undefined || isOff ? null : new SharedCounters({ url, waitMs, logger });
    const counter = (limit: Limit | null): LimitCounter | null => limit && new LimitCounter(limit, { shared, processes });
    this.#counters = {
      address: counter(limits.address), customer: counter(limits.customer), operator: counter(limits.operator),
      addressCost: counter(limits.addressCost), customerCost: counter(limits.customerCost), operatorCost: counter(limits.operatorCost),
    };
    this.#addressOf = clientAddresses(settings);
    this.#shared = shared;
    const refused = new Counter({
      name: "millrace_rate_limited_total", help: "Requests and operations that a rate limit refused, by limit and the level at which it stands.",
      registers: [registry], labelNames: ["limit", "level"],
    });
    this.#onRefusal = ({ name, level }) => { refused.inc({ limit: name, level }); };
    new Gauge({
      name: "millrace_rate_limit_fallback", help: "1 while Redis does not answer in time and this process limits rates by itself.", registers: [registry],
      collect() { this.set(shared && shared.status !== "ready" ? 1 : 0); },
    });
  }

  /** The way of one request, or of one operation of a socket, through the limits. */
  begin(request: IncomingMessage): Admission {
    return new Admission(this.#counters, this.#addressOf(request), this.#onRefusal);
  }

  close(): void {
    this.#shared?.close();
  }
}

import type { RateRequest, Rate } from "../../../gateways/couriers/courier-port.js";
import type { GuardedCourier } from "../../../gateways/couriers/guarded-courier.js";
import { GatewayError } from "../../../platform/http-client/gateway-error.js";

/** `silent`: no answer in time, or none of use. `has_none`: it speaks the first version of the contract, which knows no rates. */
export type RateAnswer = readonly Rate[] | "silent" | "has_none";

export interface RatesReaderOptions {
  /** The shop's: rates in another currency count for nothing. */
  readonly currency: string;
  /** Bound of asking all of them. */
  readonly timeoutMs: number;
}

/** A courier without rates is asked again after so long: it may have learnt them. */
const hasNoneMs = 300_000;

/** Asks couriers what they want for a parcel, all at once and within one bound. Never throws. */
export class RatesReader {
  readonly #options: RatesReaderOptions;
  readonly #hasNoneUntilMs = new Map<string, number>();

  constructor(options: RatesReaderOptions) {
    this.#options = options;
  }

  async read(couriers: readonly GuardedCourier[], request: RateRequest, nowMs: number): Promise<ReadonlyMap<string, RateAnswer>> {
    const answers = new Map<string, RateAnswer>(couriers.map(({ id }) => [id, this.#knownToHaveNone(id, nowMs) ? "has_none" : "silent"]));
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => { timer = setTimeout(resolve, this.#options.timeoutMs); });
    const asking = couriers.filter(({ id }) => answers.get(id) === "silent").map(async (courier) => {
      const answer = await this.#ask(courier, request, nowMs);
      answers.set(courier.id, answer);
    });
    await Promise.race([Promise.all(asking), bound]);
    clearTimeout(timer);
    // Who answers from now on is too late for this parcel.
    return new Map(answers);
  }

  async #ask(courier: GuardedCourier, request: RateRequest, nowMs: number): Promise<RateAnswer> {
    try {
      const rates = (await courier.rate(request)).filter(({ currency }) => currency === this.#options.currency);
      // Of a service that is named twice the first counts: they come dearest last.
      return rates.filter(({ service }, index) => rates.findIndex((other) => other.service === service) === index);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status !== 404) return "silent";
      this.#hasNoneUntilMs.set(courier.id, nowMs + hasNoneMs);
      return "has_none";
    }
  }

  #knownToHaveNone(courierId: string, nowMs: number): boolean {
    return (this.#hasNoneUntilMs.get(courierId) ?? 0) > nowMs;
  }
}

import { Registry } from "prom-client";
import { openMarket } from "../../src/cli/courier-market.js";
import { parseCouriersFile } from "../../src/cli/couriers-file.js";
import type { ParcelMarket, ParcelQuestion } from "../../src/commands/shipping/market/parcel-market.js";
import { guardedCourier, type GuardedCourier } from "../../src/gateways/couriers/guarded-courier.js";
import { HttpCourier } from "../../src/gateways/couriers/http-courier.js";
import { newId } from "../../src/kernel/ids.js";
import { readSettings } from "../../src/platform/config/config.js";
import { Outside } from "../../src/platform/outside/outside.js";
import { startCourierSimulator, type CourierSimulator } from "../../src/simulators/couriers/courier-simulator.js";
import { openShop, quiet, type Shop } from "../bus/shop.js";
import { apiKey, calm, home, mondayMs, standing, webhookSecret } from "../simulators/couriers-ground.js";

/** A primary and three couriers as servers: `acorn` is cheapest, `birch` dearer, `cedar` speaks the contract's first version. */
export class MarketGround {
  readonly #couriers: GuardedCourier[] = [];
  readonly #outsides: Outside[] = [];

  private constructor(readonly shop: Shop, readonly simulators: ReadonlyMap<string, CourierSimulator>) {}

  static async open(): Promise<MarketGround> {
    const common = { apiKey, webhookSecret, logger: quiet, speed: standing, beginsAtMs: mondayMs + 11 * 3_600_000 };
    const dearer = calm.services.map((service) => ({
      ...service, lanes: service.lanes.map((lane) => ({ ...lane, prices: lane.prices.map(([grams, minor]) => [grams, minor + 100] as const) })),
    }));
    const simulators = await Promise.all([
      startCourierSimulator({ ...common, id: "acorn", personality: { ...calm, id: "acorn" } }),
      startCourierSimulator({ ...common, id: "birch", personality: { ...calm, id: "birch", services: dearer } }),
      startCourierSimulator({ ...common, id: "cedar" }),
    ]);
    return new MarketGround(await openShop(), new Map(simulators.map((simulator) => [simulator.id, simulator])));
  }

  /** The market as another process has it. @param file what the couriers' file says beside the couriers */
  market(file: object = {}, { ids = ["acorn", "birch"], rateTimeoutMs = 10_000, services = {} }: { readonly ids?: readonly string[]; readonly rateTimeoutMs?: number; readonly services?: object } = {}): ParcelMarket {
    const couriers = ids.map((id) => ({ id, kind: "http", baseUrl: this.simulators.get(id)!.url, apiKeyEnv: "KEY", webhookSecretsEnv: "SECRETS", services }));
    const setup = { file: parseCouriersFile({ explore: false, ...file, couriers }, "test"), secretOf: () => undefined };
    const guarded = ids.map((id) => {
      const outside = new Outside({ party: id, registry: new Registry(), logger: quiet, callsMax: 200, callsPerSecond: 0, breaker: { slowMs: 60_000 } });
      this.#outsides.push(outside);
      return guardedCourier(new HttpCourier({ id, baseUrl: this.simulators.get(id)!.url, apiKey, webhookSecrets: [webhookSecret], timeoutMs: 10_000 }), outside);
    });
    this.#couriers.push(...guarded);
    const settings = readSettings({ NODE_ENV: "test", RATE_TIMEOUT_MS: String(rateTimeoutMs) });
    return openMarket({ settings, couriers: () => setup, logger: quiet }, this.shop.pool, guarded);
  }

  /** Opens the courier's breaker by hand, for all that is open already. */
  hold(id: string): void {
    for (const outside of this.#outsides) if (outside.party === id) outside.hold();
  }

  async close(): Promise<void> {
    for (const courier of this.#couriers) courier.close();
    await Promise.all([...this.simulators.values()].map((simulator) => simulator.stop()));
    await this.shop.close();
  }
}

export function question(change: Partial<ParcelQuestion> = {}): ParcelQuestion {
  return {
    shipmentId: newId(), orderId: "order-1", parcel: { weightGrams: 1_200 }, cashOnDeliveryMinor: 0, destination: home, asked: new Map(), nowMs: Date.now(), ...change,
  };
}

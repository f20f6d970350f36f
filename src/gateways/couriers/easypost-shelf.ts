import { GatewayError } from "../../platform/http-client/gateway-error.js";
import { isVoided, shipment, shipmentPage, type EasyPostShipment } from "./easypost-answers.js";
import type { EasyPostHttp } from "./easypost-http.js";

/** Where one of our parcels stands at EasyPost. */
export interface Place {
  /** What a shipment that is made now has to carry. */
  readonly reference: string;
  /** The one that carries it already, its label not voided; null where none does. */
  readonly found: EasyPostShipment | null;
}

/** A parcel is given to EasyPost, voided and given again at most that often. */
const turnsMax = 10;
/** How far apart two creations of one reference can lie: a request that was given up does not live longer. */
const twinMs = 15 * 60_000;
const pageSize = 20;
const pagesMax = 10;

/**
 * Finds the one shipment at EasyPost that stands for a parcel of ours.
 *
 * EasyPost has no idempotency keys, but it never sells a second label for one of its shipments. So a parcel gets one
 * of them, found by our id as its reference, and mere questions of price carry no reference. A voided one cannot be
 * bought again: its successors are `<id>:2`, `<id>:3`, and so on.
 */
export class EasyPostShelf {
  readonly #http: EasyPostHttp;

  constructor(http: EasyPostHttp) {
    this.#http = http;
  }

  /** @throws GatewayError also where it cannot be told */
  async placeOf(shipmentId: string): Promise<Place> {
    for (let turn = 1; turn <= turnsMax; turn += 1) {
      const reference = turn === 1 ? shipmentId : `${shipmentId}:${String(turn)}`;
      const found = await this.retrieve(reference);
      if (found === null) return { reference, found };
      if (found.reference !== reference) throw undecided("a shipment of another reference was found");
      if (found.postage_label && isVoided(found)) continue;
      return { reference, found: found.postage_label ? found : await this.#labelledTwin(reference, found) ?? found };
    }
    throw new GatewayError("rejected", `EasyPost: a parcel was voided ${String(turnsMax)} times`, { inDoubt: false, code: "VOIDED_TOO_OFTEN" });
  }

  /** @param id EasyPost's or a reference @returns null where there is none */
  async retrieve(id: string): Promise<EasyPostShipment | null> {
    try {
      return await this.#http.send({ method: "GET", path: `/v2/shipments/${encodeURIComponent(id)}`, answer: shipment, repeatable: true });
    } catch (error) {
      if (error instanceof GatewayError && error.status === 404 && error.kind === "rejected") return null;
      throw error;
    }
  }

  /**
   * References are not unique at EasyPost: a creation that we gave up may still have happened, after another was made.
   * One without a label is therefore no proof. What was bought around its time is looked through as well.
   */
  async #labelledTwin(reference: string, { created_at }: EasyPostShipment): Promise<EasyPostShipment | null> {
    const at = Date.parse(created_at);
    const window = { purchased: "true", page_size: String(pageSize), start_datetime: instant(at - twinMs), end_datetime: instant(at + twinMs) };
    let before: string | undefined;
    for (let page = 1; page <= pagesMax; page += 1) {
      const query = new URLSearchParams({ ...window, ...(before !== undefined && { before_id: before }) });
      const path = `/v2/shipments?${query.toString()}`;
      const { shipments, has_more } = await this.#http.send({ method: "GET", path, answer: shipmentPage, repeatable: true });
      const twin = shipments.find((each) => each.reference === reference && each.postage_label && !isVoided(each));
      if (twin) return twin;
      before = shipments.at(-1)?.id;
      if (!has_more || before === undefined) return null;
    }
    throw undecided("too many shipments were bought at the time to look through");
  }
}

function undecided(why: string): GatewayError {
  return new GatewayError("unavailable", `EasyPost cannot tell whether a label was bought: ${why}`, { inDoubt: false });
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

import { hash, randomUUID } from "node:crypto";
import { happens, pause, type FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorHandler, SimulatorRequest } from "../simulator-server.js";
import { stateOf, type CourierBooks, type Parcel } from "./courier-books.js";
import { bookingAnswer, bookingBody, problem, trackingAnswer } from "./courier-messages.js";
import type { CourierQuirks } from "./courier-quirks.js";
import { planJourney, type JourneyTimes } from "./journey.js";

export interface CourierRoutesOptions {
  readonly id: string;
  readonly apiKey: string;
  readonly books: CourierBooks;
  readonly quirks: FaultSwitch<CourierQuirks>;
  readonly times: JourneyTimes;
  /** Sends the parcel on its way. */
  begin(parcel: Parcel): void;
  readonly random: () => number;
}

/** Parcels kept in memory; a simulator that is full says so. */
const parcelsMax = 1_000_000;

const keyLengthMax = 255;

export function courierRoutes(options: CourierRoutesOptions): SimulatorHandler {
  const { books, quirks, random } = options;
  const inFlight = new Set<string>();

  return async (request) => {
    if (request.path.startsWith("/_simulator/")) return control(request, options);
    if (request.headers.authorization !== `Bearer ${options.apiKey}`) return problem(401, "unauthorized", "The key is not ours.");
    const key = request.headers["idempotency-key"];
    if (request.method !== "POST" || typeof key !== "string") return act(request, null);
    if (key === "" || key.length > keyLengthMax) return problem(400, "invalid_request", "Idempotency-Key must have 1 to 255 characters.");
    if (inFlight.has(key)) return problem(409, "idempotency_key_in_use", "A request with this key is still at work.");
    inFlight.add(key);
    try {
      return await act(request, key);
    } finally {
      inFlight.delete(key);
    }
  };

  async function act(request: SimulatorRequest, key: string | null): Promise<SimulatorAnswer | "silence"> {
    const { latencyMs } = quirks.current;
    if (latencyMs > 0) await pause(latencyMs);
    const { down, failRate } = quirks.current;
    if (down) return problem(503, "unavailable", "Down (ordered from the simulator).");
    const { method, path } = request;
    if (method === "POST" && happens(failRate, random)) return problem(500, "internal", "Failed (ordered from the simulator).");
    if (method === "POST" && path === "/v1/bookings") return book(request.body, key);
    const cancelled = /^\/v1\/bookings\/([^/]+)\/cancel$/.exec(path)?.[1];
    if (method === "POST" && cancelled !== undefined) return cancel(books.parcel(cancelled));
    const trackingCode = /^\/v1\/tracking\/([^/]+)$/.exec(path)?.[1];
    if (method !== "GET" || trackingCode === undefined) return problem(404, "not_found", "There is nothing at this path.");
    const parcel = books.parcelByTrackingCode(trackingCode);
    return parcel ? trackingAnswer(parcel) : problem(404, "not_found", "No parcel has this tracking code.");
  }

  function book(body: string, key: string | null): SimulatorAnswer | "silence" {
    if (key === null) return problem(400, "idempotency_key_missing", "Booking needs the header Idempotency-Key.");
    const digest = hash("sha1", body, "hex");
    const kept = books.answerOf(key);
    if (kept) return kept.hash === digest ? bookingAnswer(kept.parcel, true) : problem(422, "idempotency_key_reused", "This key was used with another body.");
    const parsed = bookingBody.safeParse(jsonOf(body));
    if (!parsed.success) return problem(400, "invalid_request", parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
    if (books.size >= parcelsMax) return problem(503, "unavailable", `The simulator holds at most ${parcelsMax} parcels.`);
    const { shipment_id: shipmentId, order_id: orderId, destination } = parsed.data;
    const { unknownCodeRate, timeoutAfterRate } = quirks.current;
    const name = randomUUID().replaceAll("-", "");
    const parcel = books.book({
      id: `bk_${name.slice(0, 20)}`, trackingCode: `${options.id.slice(0, 3).toUpperCase()}${name.slice(20).toUpperCase()}`,
      shipmentId, orderId, bookedAtMs: Date.now(), plan: planJourney(options.times, destination.city, unknownCodeRate, random),
    }, { key, hash: digest });
    options.begin(parcel);
    return happens(timeoutAfterRate, random) ? "silence" : bookingAnswer(parcel, false);
  }

  function cancel(parcel: Parcel | undefined): SimulatorAnswer {
    if (!parcel) return problem(404, "not_found", "There is no such booking.");
    const state = stateOf(parcel);
    if (state === "inTransit" || state === "delivered") return problem(409, "too_late", "The parcel has been picked up.");
    if (state === "labelled") books.cancel(parcel);
    return { status: 200, body: { booking_id: parcel.booking.id, status: "cancelled" } };
  }
}

/** Not part of the contract: for tests, drills and a person with curl. */
function control({ method, path, body }: SimulatorRequest, { books, quirks }: CourierRoutesOptions): SimulatorAnswer {
  if (method === "GET" && path === "/_simulator/books") return { status: 200, body: books.totals() };
  if (path !== "/_simulator/quirks" || (method !== "GET" && method !== "POST")) return problem(404, "not_found", "There is nothing at this path.");
  const wrong = method === "POST" ? quirks.setFromJson(body) : null;
  return wrong === null ? { status: 200, body: quirks.current } : problem(400, "invalid_request", wrong);
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

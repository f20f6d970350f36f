import { pause } from "../faults.js";
import type { SimulatorAnswer, SimulatorHandler, SimulatorOutcome, SimulatorRequest } from "../simulator-server.js";
import { unknownPath, type BookingDesk } from "./booking-desk.js";
import type { CallOrders } from "./call-orders.js";
import type { CourierBooks } from "./courier-books.js";
import { problem } from "./courier-messages.js";
import type { CourierQuirks } from "./courier-quirks.js";
import { troubleAnswer, troubleByChance, withOrdered, type CallKind, type Trouble } from "./courier-trouble.js";

export interface CourierRoutesOptions {
  readonly apiKey: string;
  readonly books: CourierBooks;
  readonly desk: BookingDesk;
  readonly quirks: () => CourierQuirks;
  readonly orders: CallOrders;
  readonly counted: (kind: CallKind) => void;
  readonly random: () => number;
}

/** A call of the contract, as far as its address tells. */
interface Call {
  readonly kind: CallKind;
  /** What its address names: a booking, a tracking code, a shipment. */
  readonly name: string;
  readonly body: unknown;
  readonly shipmentId: string | undefined;
}

const keyLengthMax = 255;

export function courierRoutes({ apiKey, books, desk, quirks, orders, counted, random }: CourierRoutesOptions): SimulatorHandler {
  const keysInWork = new Set<string>();
  /** Shipments that a booking is being made for, by how many. */
  const bookingsInWork = new Map<string, number>();

  return async (request) => {
    if (request.headers.authorization !== `Bearer ${apiKey}`) return problem(401, "unauthorized", "The key is not ours.");
    const call = readCall(request, books);
    if (!call) return unknownPath;
    counted(call.kind);
    const key = request.headers["idempotency-key"];
    if (request.method !== "POST" || typeof key !== "string") return meet(call, request, null);
    if (key === "" || key.length > keyLengthMax) return problem(400, "invalid_request", "Idempotency-Key must have 1 to 255 characters.");
    if (keysInWork.has(key)) return problem(409, "idempotency_key_in_use", "A request with this key is still at work.");
    keysInWork.add(key);
    try {
      return await meet(call, request, key);
    } finally {
      keysInWork.delete(key);
    }
  };

  /** The call, with what goes wrong around it. */
  async function meet(call: Call, request: SimulatorRequest, key: string | null): Promise<SimulatorOutcome> {
    const trouble = troubleOf(call, request, key);
    const isBooked = beginBooking(call);
    try {
      if (trouble.latencyMs > 0) await pause(trouble.latencyMs);
      // What was ordered meanwhile holds for those who waited, too.
      if (quirks().down) return troubleAnswer("unavailable");
      if (trouble.before !== null) return troubleAnswer(trouble.before);
      const answer = act(call, request, key);
      isBooked();
      if (answer.status >= 400) return answer;
      if (trouble.lateMs > 0) await pause(trouble.lateMs);
      return trouble.after === null ? answer : troubleAnswer(trouble.after);
    } finally {
      isBooked();
    }
  }

  function troubleOf({ kind, shipmentId }: Call, { method }: SimulatorRequest, key: string | null): Trouble {
    const chance = troubleByChance(quirks(), kind, method, random);
    // A repetition does nothing anew: only an order makes its answer stay away.
    const fresh = key !== null && books.answerOf(key) ? { ...chance, after: null, lateMs: 0 } : chance;
    const ordered = orders.take(kind, shipmentId);
    return ordered === null ? fresh : withOrdered(fresh, ordered);
  }

  /** Until the returned function is called, whoever asks after the shipment hears that a booking is being made. */
  function beginBooking({ kind, shipmentId }: Call): () => void {
    if (kind !== "book" || shipmentId === undefined) return () => undefined;
    bookingsInWork.set(shipmentId, (bookingsInWork.get(shipmentId) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (bookingsInWork.get(shipmentId) ?? 1) - 1;
      if (left > 0) bookingsInWork.set(shipmentId, left);
      else bookingsInWork.delete(shipmentId);
    };
  }

  function act({ kind, name, body }: Call, request: SimulatorRequest, key: string | null): SimulatorAnswer {
    switch (kind) {
      case "rates": return desk.rates(body);
      case "book": return desk.book(body, request.body, key);
      case "find": return desk.find(name, bookingsInWork.has(name));
      case "cancel": return desk.cancel(name);
      case "track": return desk.track(name);
      case "label": return desk.label(name);
      case "instruct": return desk.instruct(name, body);
    }
  }
}

function readCall({ method, path, query, body }: SimulatorRequest, books: CourierBooks): Call | null {
  const [, version, thing = "", name = "", verb, more] = path.split("/");
  if (version !== "v1" || more !== undefined) return null;
  const shipmentOf = (bookingId: string): string | undefined => books.parcel(bookingId)?.booking.shipmentId;
  switch ([method, thing, name === "" ? "" : ":name", verb ?? ""].join(" ")) {
    case "POST rates  ": return callAbout("rates", body);
    case "POST bookings  ": return callAbout("book", body);
    case "GET bookings  ": {
      const shipmentId = query.get("shipment_id") ?? "";
      return { kind: "find", name: shipmentId, body: undefined, shipmentId };
    }
    case "POST bookings :name cancel": return { kind: "cancel", name, body: undefined, shipmentId: shipmentOf(name) };
    case "POST bookings :name instructions": return { kind: "instruct", name, body: jsonOf(body), shipmentId: shipmentOf(name) };
    case "GET tracking :name ": return { kind: "track", name, body: undefined, shipmentId: books.parcelByTrackingCode(name)?.booking.shipmentId };
    case "GET labels :name ": return { kind: "label", name, body: undefined, shipmentId: shipmentOf(name) };
    default: return null;
  }
}

function callAbout(kind: "rates" | "book", text: string): Call {
  const body = jsonOf(text);
  const shipmentId = typeof body === "object" && body !== null && "shipment_id" in body && typeof body.shipment_id === "string" ? body.shipment_id : undefined;
  return { kind, name: "", body, shipmentId };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

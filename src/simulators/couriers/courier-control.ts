import { z } from "zod";
import type { FaultSwitch } from "../faults.js";
import type { SimulatorAnswer, SimulatorRequest } from "../simulator-server.js";
import { unknownPath } from "./booking-desk.js";
import type { CallOrders } from "./call-orders.js";
import type { CourierBooks } from "./courier-books.js";
import { bookingRow, problem } from "./courier-messages.js";
import type { CourierQuirks } from "./courier-quirks.js";
import { parcelStates, type Parcel } from "./courier-records.js";
import type { CallKind } from "./courier-trouble.js";
import type { Episodes } from "./episodes.js";

export type CallCounts = Readonly<Record<CallKind, number>>;

export interface CourierControlOptions {
  readonly books: CourierBooks;
  readonly quirks: FaultSwitch<CourierQuirks>;
  readonly orders: CallOrders;
  readonly episodes: Episodes;
  readonly calls: () => CallCounts;
  /** Simulated days since the first start. */
  readonly age: () => number;
  /** A parcel is seen where no plan has it. */
  see(parcel: Parcel, code: string, city: string | null): void;
  /** What was ordered may open or close the door. */
  changed(): void;
}

const seenBody = z.strictObject({ code: z.string().min(1).max(50), city: z.string().max(100).nullable().default(null) });
const rowsQuery = z.strictObject({
  shipmentId: z.string().optional(), state: z.enum(parcelStates).optional(), after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Not part of the contract: for tests, drills and a person with curl. Told in docs/courier-contract.md. */
export function courierControl(options: CourierControlOptions): (request: SimulatorRequest) => SimulatorAnswer {
  const { books, quirks, orders, episodes } = options;

  return (request) => {
    try {
      return answer(request);
    } catch (error) {
      if (error instanceof z.ZodError) return wrong(error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
      if (error instanceof RangeError || error instanceof SyntaxError) return wrong(error.message);
      throw error;
    }
  };

  function answer({ method, path, query, body }: SimulatorRequest): SimulatorAnswer {
    switch (`${method} ${path.slice("/_simulator".length)}`) {
      case "GET /books": return told(books.totals());
      case "GET /bookings": return told({ bookings: rows(Object.fromEntries(query)) });
      case "GET /calls": return told(options.calls());
      case "GET /quirks": return told(quirks.current);
      case "POST /quirks": {
        const problemFound = quirks.setFromJson(body);
        options.changed();
        return problemFound === null ? told(quirks.current) : wrong(problemFound);
      }
      case "GET /orders": return told({ orders: orders.outstanding() });
      case "POST /orders": orders.add(JSON.parse(body)); return told({ orders: orders.outstanding() });
      case "DELETE /orders": orders.clear(); return told({ orders: [] });
      case "GET /episodes": return told({ day: options.age(), episodes: episodes.all() });
      case "POST /episodes": return setEpisodes(JSON.parse(body));
      case "DELETE /episodes": return setEpisodes([]);
      default: return seen(method, path, body);
    }
  }

  function setEpisodes(given: unknown): SimulatorAnswer {
    episodes.set(given);
    options.changed();
    return told({ day: options.age(), episodes: episodes.all() });
  }

  /** `/_simulator/bookings/<id>/seen` */
  function seen(method: string, path: string, body: string): SimulatorAnswer {
    const [, , thing, id = "", verb, more] = path.split("/");
    if (method !== "POST" || thing !== "bookings" || verb !== "seen" || more !== undefined) return unknownPath;
    const { code, city } = seenBody.parse(JSON.parse(body));
    const parcel = books.parcel(id);
    if (!parcel) return problem(404, "not_found", "There is no such booking.");
    options.see(parcel, code, city);
    return told(bookingRow(parcel));
  }

  function rows(given: object): readonly object[] {
    const { shipmentId, state, after, limit } = rowsQuery.parse(given);
    const found: object[] = [];
    let isAfter = after === undefined;
    for (const parcel of shipmentId === undefined ? books.parcels() : books.parcelsOf(shipmentId)) {
      if (found.length >= limit) break;
      if (isAfter && (state === undefined || parcel.state === state)) found.push(bookingRow(parcel));
      isAfter ||= parcel.booking.id === after;
    }
    return found;
  }
}

function told(body: object): SimulatorAnswer {
  return { status: 200, body };
}

function wrong(message: string): SimulatorAnswer {
  return problem(400, "invalid_request", message);
}

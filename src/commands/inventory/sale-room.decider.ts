import type { SaleRoomEvent, SaleTicketEvent } from "../../events/waiting-room.js";
import { defineStream, type Decider } from "../../kernel/decider.js";

/** Facts of rooms and tickets stand each on a stream of its own, named by its version: the rows that are locked hold the state. */
function tellingOnce<Event extends SaleRoomEvent | SaleTicketEvent>(): Decider<"silent" | "told", Event, Event> {
  return {
    initial: "silent",
    decide: (fact, state) => (state === "told" ? [] : [fact]),
    evolve: () => "told",
  };
}

export const saleRoomStream = defineStream("sale-room", tellingOnce<SaleRoomEvent>());
export const saleTicketStream = defineStream("sale-ticket", tellingOnce<SaleTicketEvent>());

import type { RoomFact, SaleRoomEvent } from "../../events/waiting-room.js";
import { defineProjection } from "../../kernel/projection.js";

/** A sale's waiting room as it was told last. */
export type SaleRoomCardRow = RoomFact;

/** One row a room. Each fact stands on a stream of its own and says all of it: the newer one wins, in whatever order they come. */
export const saleRoomCard = defineProjection<SaleRoomEvent, SaleRoomCardRow>({
  name: "sale_room_card",
  version: 1,
  categories: ["sale-room"],
  key: "saleId",
  touches: ({ room }) => [room.saleId],
  on: {
    SaleRoomMoved({ room }, rows) {
      const known = rows.get(room.saleId);
      if (!known || known.version < room.version) rows.put(room);
    },
  },
  push: ({ room }) => [roomChannel(room.saleId)],
});

/** Tells of a room, and of its tickets but for those that are given out. */
export function roomChannel(saleId: string): string {
  return `sale-room:${saleId}`;
}

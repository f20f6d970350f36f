import { defineEntity, p } from "@mikro-orm/postgresql";
import type { AdmissionStep, RoomState } from "../../events/waiting-room.js";
import { defineWriteState } from "../../kernel/command.js";
import { writeStateSql } from "../../platform/postgres/write-state-sql.js";

/** Passes that end together, with what the room has to know of them. */
export interface CountedStep extends AdmissionStep {
  /** Units that each pass is good for. */
  readonly units: number;
  /** Passes of the step that were used, or whose holder left for good. */
  readonly used: number;
}

/** A sale's waiting room. Terms are copied from the sale, so that who takes a ticket need not lock what is being sold. */
export interface SaleRoomRow {
  /** The sale's. */
  readonly id: string;
  readonly sku: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly limitPerCustomer: number;
  readonly ratePerSecond: number;
  readonly passSeconds: number;
  /** The number that the next ticket is given. */
  readonly nextNumber: number;
  /** The highest number that was let in or passed over. */
  readonly admitted: number;
  /** Oldest first; those that are over are taken out with the next admission. */
  readonly steps: readonly CountedStep[];
  readonly state: RoomState;
  /** Tickets a second, as measured. */
  readonly pace: number;
  /** The last admission that left somebody waiting; null where nobody was. */
  readonly measuredAt: string | null;
  /** Up to when the rate has been made use of. */
  readonly pacedAt: string;
  /** Of the facts that were told of it; a ticket that is given out is none of the room's. */
  readonly version: number;
}

export const saleRoomEntity = defineEntity({
  name: "SaleRoom",
  properties: {
    id: p.text().primary().collation("C"),
    sku: p.text(),
    startsAt: p.string().columnType("timestamptz"),
    endsAt: p.string().columnType("timestamptz"),
    limitPerCustomer: p.bigint("number"),
    ratePerSecond: p.integer(),
    passSeconds: p.integer(),
    nextNumber: p.bigint("number"),
    admitted: p.bigint("number"),
    steps: p.json().$type<readonly CountedStep[]>(),
    state: p.text().$type<RoomState>(),
    pace: p.double().$type<number>(),
    measuredAt: p.string().columnType("timestamptz").strictNullable(),
    pacedAt: p.string().columnType("timestamptz"),
    version: p.integer(),
  },
  checks: [
    { name: "sale_room_watermark", expression: "0 <= admitted AND admitted < next_number" },
    { name: "sale_room_state_check", expression: "state IN ('OPEN', 'WAITING_FOR_RETURNS', 'SOLD_OUT', 'ENDED')" },
  ],
  indexes: [{ name: "sale_room_open", expression: "create index sale_room_open on sale_room (starts_at) where state <> 'ENDED'" }],
});

/** Locked after the sale, by all who let in, come in, take a place or leave one. */
export const saleRoomState = defineWriteState<SaleRoomRow>({
  ...writeStateSql<SaleRoomRow>(saleRoomEntity, { locked: true }),
  rank: 27,
  key: ({ id }) => id,
});

import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { SystemError } from "../../platform/errors.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { awaitRow } from "../../platform/live/await-row.js";
import { liveRows } from "../../platform/live/live-rows.js";
import { readReservation, viewerOf } from "./reservation.reader.js";
import { reservationIds, reservationType, ReservationType } from "./reservation.type.js";

interface ReservationUpdatesArgs {
  readonly reservationId: string;
  readonly guestSecret?: string | null;
}

@Resolver()
export class ReservationLive {
  @Subscription(() => ReservationType, {
    description: "A reservation: as it is, then every change, up to the one that ends it. EXPIRED comes the moment its time is over.", subscribe: follow,
  })
  reservationUpdates(
    @Root() reservation: ReservationType,
    @Arg("reservationId", () => ID) _reservationId: string,
    @Arg("guestSecret", () => String, { nullable: true, description: "What it was reserved with, where that was done without a token." }) _guestSecret: string | null,
  ): ReservationType {
    return reservation;
  }
}

async function follow({ args, context }: SubscribeResolverData<unknown, ReservationUpdatesArgs, RequestContext>): Promise<AsyncIterable<ReservationType>> {
  const maySee = viewerOf(context, args.guestSecret);
  const reservationId = reservationIds.read(args.reservationId, "reservationId");
  const { live, settings } = context;
  const node = () => context.readNode();
  const channel = `reservation:${reservationId}`;
  const load = () => readReservation(context, reservationId, maySee);
  const there = await awaitRow({ live, node, channel, timeoutMs: settings.POSITION_WAIT_MS, load });
  if (!there) throw new SystemError("NOT_FOUND", "There is no such reservation.");
  return liveRows({
    live, node, channel, refreshMs: settings.LIVE_REFRESH_MS,
    load: async () => {
      const row = await load();
      if (!row) return null;
      const value = reservationType(row, Date.now());
      const lasts = value.status === "RESERVED";
      return { version: row.version, value, changesAt: lasts ? Date.parse(row.expiresAt) : null, isLast: !lasts };
    },
  });
}

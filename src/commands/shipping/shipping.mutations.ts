import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import { nameId } from "../../kernel/ids.js";
import { requireOperator } from "../../platform/auth/access.js";
import { SystemError } from "../../platform/errors.js";
import { IdempotentInput } from "../../platform/graphql/idempotent-input.js";
import { mutationPayload } from "../../platform/graphql/mutation-payload.js";
import { defineId } from "../../platform/graphql/opaque-id.js";
import { wordEnum } from "../../platform/graphql/word-enum.js";
import type { RequestContext } from "../../platform/http/request-context.js";
import { keyOfMutation, runCommand } from "../../platform/http/run-command.js";
import { Cost } from "../../platform/rate-limits/field-cost.js";
import { handOver, type HandOverOutcome } from "./tracking/hand-over.js";

const shipmentIds = defineId("shipment");

/** Parcels of one mutation: a pallet. */
const parcelsMax = 200;

type Outcome = Uppercase<HandOverOutcome> | "UNKNOWN";

const OutcomeEnum = wordEnum<Outcome>("HandOverOutcome", {
  HANDED_OVER: null, ALREADY_HANDED_OVER: "It was said before.", CALLED_OFF: "Its label was voided: it must not go.",
  NOT_BOOKED: "It has no label (yet).", UNKNOWN: "There is no such parcel.",
});

@InputType()
class MarkHandedOverInput extends IdempotentInput {
  @Field(() => [ID], { description: `1 to ${parcelsMax} parcels.` }) shipmentIds!: string[];
}

@ObjectType("HandedOverParcel", { simpleResolvers: true })
class HandedOverParcelType {
  @Field(() => ID) shipmentId!: string;
  @Field(() => OutcomeEnum) outcome!: Outcome;
}

@ObjectType({ simpleResolvers: true })
class MarkHandedOverPayload extends mutationPayload("MarkHandedOver", {
  SHIPMENT_UNKNOWN: "There is no such parcel.",
  SHIPMENT_NOT_BOOKED: "It has no label (yet).",
  SHIPMENT_CALLED_OFF: "Its label was voided: it must not go.",
}) {
  @Cost({ size: 20 })
  @Field(() => [HandedOverParcelType], { description: "One for each parcel, in the order in which they were named; what is wrong with one stands in `userErrors` too." })
  parcels!: readonly HandedOverParcelType[];
}

const errors: Partial<Record<Outcome, { readonly code: string; readonly message: string }>> = {
  UNKNOWN: { code: "SHIPMENT_UNKNOWN", message: "There is no such parcel." },
  NOT_BOOKED: { code: "SHIPMENT_NOT_BOOKED", message: "The parcel has no label (yet)." },
  CALLED_OFF: { code: "SHIPMENT_CALLED_OFF", message: "The parcel's label was voided: take it back." },
};

@Resolver()
export class ShippingMutations {
  @Mutation(() => MarkHandedOverPayload, { description: "Operators: these parcels were given to their couriers. Each is judged by itself." })
  async markHandedOver(@Arg("input", () => MarkHandedOverInput) input: MarkHandedOverInput, @Ctx() context: RequestContext): Promise<MarkHandedOverPayload> {
    requireOperator(context);
    const named = input.shipmentIds.map((id, index) => shipmentIds.read(id, `input.shipmentIds.${String(index)}`));
    if (named.length < 1 || named.length > parcelsMax) throw new SystemError("BAD_USER_INPUT", `input.shipmentIds: name 1 to ${String(parcelsMax)} parcels, found ${String(named.length)}.`);
    const key = keyOfMutation(context, input);
    const orders = await ordersOf(context, named);
    const results = await Promise.all(named.map(async (shipmentId): Promise<Result> => {
      const orderId = orders.get(shipmentId);
      if (orderId === undefined) return { outcome: "UNKNOWN", position: null, replayed: false };
      const { answer, ...result } = await runCommand(context, handOver, { orderId, shipmentId }, { idempotencyKey: nameId("hand-over", key, shipmentId) });
      return { ...result, outcome: (answer?.outcome ?? "not_booked").toUpperCase() as Outcome };
    }));
    return {
      parcels: results.map(({ outcome }, index) => ({ shipmentId: shipmentIds.encode(named[index] ?? ""), outcome })),
      userErrors: results.flatMap(({ outcome }, index) => {
        const error = errors[outcome];
        return error ? [{ ...error, field: ["shipmentIds", String(index)] }] : [];
      }),
      position: results.map(({ position }) => position).reduce(latest, null),
      replayed: results.every(({ replayed }) => replayed),
    };
  }
}

interface Result {
  readonly outcome: Outcome;
  readonly position: string | null;
  readonly replayed: boolean;
}

function latest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return BigInt(other) > BigInt(one) ? other : one;
}

/** Which order each parcel belongs to, as its first event says: what is recorded of it belongs to that order's trace. */
async function ordersOf({ primary }: RequestContext, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await primary.query<{ shipmentId: string; orderId: string }>(
    `SELECT data->>'shipmentId' AS "shipmentId", data->>'orderId' AS "orderId" FROM event_log WHERE stream_id = ANY($1::text[]) AND version = 1`,
    [ids.map((id) => `shipment-${id}`)],
  );
  return new Map(rows.map(({ shipmentId, orderId }) => [shipmentId, orderId]));
}

import type DataLoader from "dataloader";
import DataLoaderOf from "dataloader";
import type { GraphQLSchema } from "graphql";
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType, Query, Resolver, Root, Subscription } from "type-graphql";
import { defineCommand } from "../../src/kernel/command.js";
import { requireOperator } from "../../src/platform/auth/access.js";
import { SystemError } from "../../src/platform/errors.js";
import { ConnectionArgs, connectionOf, connectionType, readPage, type Connection } from "../../src/platform/graphql/connection.js";
import { isIntegerPart } from "../../src/platform/graphql/cursor.js";
import { MoneyInput, moneyType, MoneyType, readMoney } from "../../src/platform/graphql/money.type.js";
import { mutationPayload } from "../../src/platform/graphql/mutation-payload.js";
import { defineId } from "../../src/platform/graphql/opaque-id.js";
import { DateTime } from "../../src/platform/graphql/scalars.js";
import { buildSchema } from "../../src/platform/graphql/schema.js";
import { awaitPosition } from "../../src/platform/http/await-position.js";
import { cachedWhenDegraded } from "../../src/platform/http/cached-when-degraded.js";
import type { RequestContext } from "../../src/platform/http/request-context.js";
import { runCommand } from "../../src/platform/http/run-command.js";
import { Essential, Optional } from "../../src/platform/overload/importance.js";

/** A made-up command: parcels get a weight. The buses of these tests answer it by themselves. */
export const weighParcel = defineCommand<{ parcelId: string; grams: number }, { parcelId: string; grams: number }>({
  name: "WeighParcel", needs: () => ({}), decide: (input) => input,
});

const parcelIds = defineId("parcel", (raw) => /^\d+$/.test(raw));

interface ParcelRow {
  readonly number: number;
}

@ObjectType("Parcel", { simpleResolvers: true })
class ParcelType {
  @Field(() => ID) id!: string;
  @Field(() => MoneyType) fee!: MoneyType;
  @Field(() => DateTime) bookedAt!: Date | string;
  number!: number;
}

function parcelType({ number }: ParcelRow): ParcelType {
  return { id: parcelIds.encode(String(number)), fee: moneyType(100 + number, "EUR"), bookedAt: new Date(number * 1_000), number };
}

const ParcelConnection = connectionType("Parcel", () => ParcelType);

@InputType()
class WeighParcelInput {
  @Field(() => ID) parcelId!: string;
  @Field(() => Int) grams!: number;
  @Field(() => MoneyInput, { nullable: true }) fee?: MoneyInput | null;
  @Field(() => String, { nullable: true }) idempotencyKey?: string | null;
}

@ObjectType({ simpleResolvers: true })
class WeighParcelPayload extends mutationPayload("WeighParcel", { TOO_HEAVY: "No courier takes it." }) {
  @Field(() => ParcelType, { nullable: true }) parcel!: ParcelType | null;
}

@Resolver(() => ParcelType)
class ParcelResolver {
  @Essential()
  @Query(() => ParcelType, { nullable: true })
  async parcel(@Arg("id", () => ID) id: string, @Arg("position", () => String, { nullable: true }) position: string | null, @Ctx() context: RequestContext): Promise<ParcelType | null> {
    await awaitPosition(context, position, ["parcel"]);
    context.readNode();
    return parcelType({ number: Number(parcelIds.read(id, "id")) });
  }

  @Query(() => ParcelConnection)
  parcels(@Args(() => ConnectionArgs) args: ConnectionArgs): Connection<ParcelType> {
    const page = readPage(args, [isIntegerPart]);
    const all = Array.from({ length: 7 }, (_, number) => ({ number }));
    if (page.backward) all.reverse();
    const from = page.cursor ? all.findIndex(({ number }) => String(number) === page.cursor?.[0]) + 1 : 0;
    return connectionOf(all.slice(from, from + page.limit + 1), page, ({ number }) => [String(number)], parcelType);
  }

  @FieldResolver(() => String, { description: "Read by the batch; names the batch it came in." })
  weight(@Root() { number }: ParcelType, @Ctx() context: RequestContext): Promise<string> {
    return weights(context).load(number);
  }

  @Query(() => String)
  whoAmI(@Ctx() { actor }: RequestContext): string {
    return actor ? `${actor.role}:${actor.id}` : "nobody";
  }

  @Optional()
  @Query(() => Int)
  report(): number {
    return 42;
  }

  @Essential()
  @Query(() => ParcelType)
  keptParcel(@Arg("number", () => Int) number: number, @Ctx() context: RequestContext): Promise<ParcelType> {
    return cachedWhenDegraded(context, `parcel:${String(number)}`, async () => {
      context.readNode();
      return parcelType({ number });
    });
  }

  @Query(() => String)
  text(@Arg("length", () => Int) length: number): string {
    return "x".repeat(length);
  }

  @Query(() => Int)
  secret(@Ctx() context: RequestContext): number {
    requireOperator(context);
    return 42;
  }

  @Query(() => ParcelType, { nullable: true })
  deeper(): ParcelType | null {
    throw new Error("a bug with a password in it");
  }

  @Query(() => Int)
  unreachable(): number {
    throw new SystemError("READ_UNAVAILABLE", "No read node answers.", { retryAfterSeconds: 2 });
  }

  @Mutation(() => WeighParcelPayload)
  async weighParcel(@Arg("input", () => WeighParcelInput) input: WeighParcelInput, @Ctx() context: RequestContext): Promise<WeighParcelPayload> {
    if (input.fee) readMoney(input.fee);
    const command = { parcelId: parcelIds.read(input.parcelId, "input.parcelId"), grams: input.grams };
    const { answer, ...result } = await runCommand(context, weighParcel, command, input);
    return { ...result, parcel: answer && parcelType({ number: Number(answer.parcelId) }) };
  }

  @Mutation(() => Boolean)
  nothing(): boolean {
    return true;
  }

  @Subscription(() => ParcelType, { subscribe: ({ args, context }) => countUp(args as { to: number }, context as RequestContext) })
  parcelUpdates(@Root() row: ParcelRow, @Arg("to", () => Int) _to: number): ParcelType {
    return parcelType(row);
  }

  @Subscription(() => Int, { subscribe: ({ context }) => forever(context as RequestContext) })
  silence(@Root() value: number): number {
    return value;
  }
}

function weights(context: RequestContext): DataLoader<number, string> {
  return context.loader("weights", () => {
    let batch = 0;
    return new DataLoaderOf<number, string>((numbers) => {
      batch += 1;
      return Promise.resolve(numbers.map((number) => `${String(number)} in batch ${String(batch)} of ${String(numbers.length)}`));
    });
  });
}

async function* countUp({ to }: { to: number }, context: RequestContext): AsyncGenerator<ParcelRow> {
  requireOperator(context);
  for (let number = 1; number <= to; number += 1) yield await Promise.resolve({ number });
}

/** Open iterators of `silence`, so that a test sees them end. */
export const silences = new Set<object>();

function forever(context: RequestContext): AsyncIterableIterator<number> {
  context.readNode();
  let resolve: (end: IteratorResult<number>) => void = () => undefined;
  const promise = new Promise<IteratorResult<number>>((settle) => { resolve = settle; });
  const iterator: AsyncIterableIterator<number> = {
    next: () => promise,
    return() {
      silences.delete(iterator);
      resolve({ done: true, value: undefined });
      return promise;
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  silences.add(iterator);
  return iterator;
}

export function sampleSchema(): GraphQLSchema {
  return buildSchema([ParcelResolver]);
}

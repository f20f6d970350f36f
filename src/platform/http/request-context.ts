import type DataLoader from "dataloader";
import type { Actor } from "../../kernel/command.js";
import type { CommandBus } from "../bus/command-bus.js";
import type { Settings } from "../config/config.js";
import type { LivePort } from "../live/live-port.js";
import type { Logger } from "../log/logger.js";
import type { Overload } from "../overload/overload.js";
import type { ReadNode } from "../projector/read-node.js";
import type { Caller } from "./caller.js";

/** What every resolver is given. One a request; on a socket one an operation, and for each event of a subscription a fresh one. */
export interface RequestContext {
  readonly requestId: string;
  /** Null without a token. A wrong token never comes this far. */
  readonly actor: Actor | null;
  /** From the `Idempotency-Key` header. */
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly bus: CommandBus;
  readonly overload: Overload;
  /** Who waits for the answer; a command that nobody waits for is not begun. */
  readonly caller: Pick<Caller, "signal">;
  readonly live: LivePort;
  /** The node that this request reads. @throws SystemError READ_UNAVAILABLE where none answers */
  readNode(): ReadNode;
  /** The same for what outlives this request, because others share it: belongs to no caller. @throws as `readNode`, when it is called */
  sharedNode(): () => ReadNode;
  /** Asks the primary, for operators only: the state of waiting jobs. Bounded by a short statement timeout. */
  readonly primary: PrimaryReader;
  /** The request's loader of that name, made on first use, so that children are read by the batch. */
  loader<Key, Value>(name: string, make: () => DataLoader<Key, Value>): DataLoader<Key, Value>;
  /** Adds to the answer's `extensions`. */
  extend(name: string, value: unknown): void;
  /** Says that a part of the answer is from then. The oldest part counts: `extensions.stale.since`. */
  markStale(sinceMs: number): void;
}

export interface PrimaryReader {
  query<Row extends object>(text: string, values: readonly unknown[]): Promise<readonly Row[]>;
}

/** The two questions that guard a field. */
export interface Access {
  /** @throws SystemError UNAUTHENTICATED without a token */
  requireActor(context: RequestContext): Actor;
  /** @throws SystemError FORBIDDEN for anybody but an operator */
  requireOperator(context: RequestContext): Actor;
}

import type DataLoader from "dataloader";
import type { Actor } from "../../kernel/command.js";
import type { CommandBus } from "../bus/command-bus.js";
import type { Settings } from "../config/config.js";
import type { LivePort } from "../live/live-port.js";
import type { Logger } from "../log/logger.js";
import type { QueryImportance } from "../overload/importance.js";
import type { Overload } from "../overload/overload.js";
import type { Admission } from "../rate-limits/admission.js";
import type { OperationCosts } from "../rate-limits/operation-cost.js";
import type { Caller } from "./caller.js";
import type { ChoosableNode, LagReport, NodeChoice } from "./node-choice.js";
import type { PrimaryReader, RequestContext } from "./request-context.js";

/** What all requests of a process share. */
export interface ContextParts {
  readonly settings: Settings;
  readonly bus: CommandBus;
  readonly live: LivePort;
  readonly primary: PrimaryReader;
  readonly logger: Logger;
  readonly nodes: NodeChoice;
  readonly costs: OperationCosts;
  readonly overload: Overload;
  readonly importance: QueryImportance;
}

/** What a request brings. */
export interface RequestFacts {
  readonly requestId: string;
  readonly actor: Actor | null;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
  /** Its way through the rate limits. */
  readonly admission: Admission;
  /** Who waits for the answer. */
  readonly caller: Caller;
}

/**
 * One a request; everything that costs is made when it is first asked for.
 * Its fields are not `#private`: Apollo works on a copy, made by prototype and own properties.
 */
export class ApiContext implements RequestContext {
  readonly requestId: string;
  readonly actor: Actor | null;
  readonly traceparent: string | null;
  readonly startedAt = performance.now();
  /** Root fields of the operation; known once its document is. */
  rootFields = 1;
  private readonly parts: ContextParts;
  private readonly facts: RequestFacts;
  private node: ChoosableNode | null = null;
  private ownLogger: Logger | null = null;
  private loaders: Map<string, unknown> | null = null;
  private staleSinceMs: number | null = null;
  private added: Record<string, unknown> | null = null;

  constructor(parts: ContextParts, facts: RequestFacts) {
    this.parts = parts;
    this.facts = facts;
    this.requestId = facts.requestId;
    this.actor = facts.actor;
    this.traceparent = facts.traceparent;
  }

  get settings(): Settings { return this.parts.settings; }
  get bus(): CommandBus { return this.parts.bus; }
  get live(): LivePort { return this.parts.live; }
  get primary(): PrimaryReader { return this.parts.primary; }
  get admission(): Admission { return this.facts.admission; }
  get costs(): OperationCosts { return this.parts.costs; }
  get caller(): Caller { return this.facts.caller; }
  get overload(): Overload { return this.parts.overload; }
  get importance(): QueryImportance { return this.parts.importance; }

  get logger(): Logger {
    return this.ownLogger ??= this.parts.logger.child({ requestId: this.requestId });
  }

  /** One header cannot name two commands. */
  get idempotencyKey(): string | null {
    return this.rootFields === 1 ? this.facts.idempotencyKey : null;
  }

  get hasIdempotencyHeader(): boolean {
    return this.facts.idempotencyKey !== null;
  }

  readNode(): ChoosableNode {
    // What a resolver has not asked for yet need not be asked for.
    if (this.facts.caller.hungUp) this.facts.caller.stillThere();
    return this.node = this.parts.nodes.pick(this.node);
  }

  sharedNode(): () => ChoosableNode {
    const { nodes } = this.parts;
    let node: ChoosableNode | null = null;
    return () => node = nodes.pick(node);
  }

  loader<Key, Value>(name: string, make: () => DataLoader<Key, Value>): DataLoader<Key, Value> {
    this.loaders ??= new Map();
    // A loader's name stands for its types; this is the one place that takes its word for it.
    let loader = this.loaders.get(name) as DataLoader<Key, Value> | undefined;
    if (!loader) this.loaders.set(name, loader = make());
    return loader;
  }

  extend(name: string, value: unknown): void {
    (this.added ??= {})[name] = value;
  }

  markStale(sinceMs: number): void {
    this.staleSinceMs = Math.min(sinceMs, this.staleSinceMs ?? sinceMs);
    this.extend("stale", { since: new Date(this.staleSinceMs).toISOString() });
  }

  /** For the answer: what resolvers added, and the lag of the node that was read. */
  extensions(): Record<string, unknown> | null {
    const lag: LagReport | null = this.node ? this.parts.nodes.lagOf(this.node) : null;
    if (lag) this.extend("lag", lag);
    return this.added;
  }

  /** For the next event of a subscription: the same caller and node, but nothing remembered from the event before. */
  forNextEvent(): ApiContext {
    const context = new ApiContext(this.parts, this.facts);
    context.node = this.node;
    return context;
  }
}

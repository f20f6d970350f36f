import { hash } from "node:crypto";
import type { CommandDefinition, Needs } from "../../kernel/command.js";
import { nameId } from "../../kernel/ids.js";
import type { Json } from "../../kernel/json.js";
import type { CommandEnvelope, CommandOutcome } from "./command-bus.js";

/** A command as it waits, with everything that can be computed before its batch begins. */
export interface PendingCommand {
  // The bus treats inputs and answers as opaque; `CommandBus.execute` gives the caller its types back.
  readonly definition: CommandDefinition<unknown, Json>;
  readonly input: unknown;
  readonly needs: Needs;
  readonly envelope: CommandEnvelope;
  readonly commandId: string;
  readonly payloadHash: string;
  readonly resolve: (outcome: CommandOutcome<Json>) => void;
  readonly reject: (error: unknown) => void;
}

/** The principal that a key belongs to: two customers may use the same key. */
export function principalOf({ actor }: CommandEnvelope): string {
  return `${actor.role}:${actor.id}`;
}

export function commandIdOf(name: string, envelope: CommandEnvelope): string {
  return nameId(principalOf(envelope), name, envelope.idempotencyKey);
}

/** SHA-256 over the input with its keys sorted, so that the order of fields does not matter. */
export function payloadHashOf(input: unknown): string {
  return hash("sha256", JSON.stringify(input, sortKeys), "base64url");
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

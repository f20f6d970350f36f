import { happens } from "../faults.js";
import type { PaymentFaults } from "./payment-faults.js";
import type { Decline } from "./payment-records.js";
import { genericDecline } from "./test-cards.js";

/** What goes wrong before anything was done. `fail_kept`: 500 that stays with the key, and nothing was done. */
export type Before = "fail_before" | "fail_kept" | "unavailable" | "rate_limited" | "timeout_before" | "cut_before";

/** What goes wrong once it was done. `cut`: the connection is reset. */
export type After = "timeout_after" | "fail_after" | "cut_after";

export interface WebhookTrouble {
  readonly lost: boolean;
  readonly duplicated: boolean;
  readonly lateMs: number;
  /** The answer waits for it. */
  readonly first: boolean;
}

/** What goes wrong with one request. */
export interface Trouble {
  readonly latencyMs: number;
  readonly before: Before | null;
  readonly decline: Decline | null;
  readonly after: After | null;
  readonly webhook: WebhookTrouble;
}

const befores: readonly Before[] = ["fail_before", "fail_kept", "unavailable", "rate_limited", "timeout_before", "cut_before"];
const afters: readonly After[] = ["timeout_after", "fail_after", "cut_after"];
const waitMaxMs = 3_600_000;
const textMax = 200;

const troubleNames = [
  "latency=<ms>", ...befores, "decline", "decline=<code>", ...afters, "webhook_lost", "webhook_duplicated", "webhook_late=<ms>", "webhook_first",
];

/** What the standing faults bring to a request, by chance. */
export function troubleByChance(faults: PaymentFaults, method: string, random: () => number): Trouble {
  const fails = happens(method === "POST" ? faults.failBeforeRate : faults.failReadRate, random);
  const late = faults.lateWebhookMs > 0 && happens(faults.lateWebhookRate, random) ? faults.lateWebhookMs : 0;
  return {
    latencyMs: faults.latencyMs, before: fails ? "fail_before" : null, decline: happens(faults.declineRate, random) ? genericDecline : null,
    after: happens(faults.timeoutAfterRate, random) ? "timeout_after" : happens(faults.failAfterRate, random) ? "fail_after" : null,
    webhook: {
      lost: happens(faults.lostWebhookRate, random), duplicated: happens(faults.duplicateWebhookRate, random), first: happens(faults.webhookFirstRate, random),
      lateMs: late + (faults.reorderWindowMs > 0 ? random() * faults.reorderWindowMs : 0),
    },
  };
}

/** Adds what was ordered: `timeout_after,webhook_late=500`. @throws RangeError naming what is wrong */
export function withOrdered(trouble: Trouble, text: string): Trouble {
  if (text.length > textMax) throw new RangeError(`a fault has at most ${textMax} characters`);
  return text.split(",").reduce((sum, part) => {
    const [name = "", value] = part.trim().split("=", 2);
    return withOne(sum, name, value);
  }, trouble);
}

function withOne(trouble: Trouble, name: string, value: string | undefined): Trouble {
  const { webhook } = trouble;
  if (name === "latency") return { ...trouble, latencyMs: milliseconds(name, value) };
  if (name === "webhook_late") return { ...trouble, webhook: { ...webhook, lateMs: milliseconds(name, value) } };
  if (name === "decline") return { ...trouble, decline: declineOf(value) };
  if (value !== undefined) throw new RangeError(`${name} takes no value`);
  const before = befores.find((each) => each === name);
  if (before) return { ...trouble, before };
  const after = afters.find((each) => each === name);
  if (after) return { ...trouble, after };
  switch (name) {
    case "webhook_lost": return { ...trouble, webhook: { ...webhook, lost: true } };
    case "webhook_duplicated": return { ...trouble, webhook: { ...webhook, duplicated: true } };
    case "webhook_first": return { ...trouble, webhook: { ...webhook, first: true } };
    default: throw new RangeError(`there is no fault "${name}"; there are ${troubleNames.join(", ")}`);
  }
}

function milliseconds(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d{1,7}$/.test(value) || Number(value) > waitMaxMs) throw new RangeError(`${name} takes milliseconds, 0 to ${waitMaxMs}`);
  return Number(value);
}

function declineOf(code: string | undefined): Decline {
  if (code === undefined) return genericDecline;
  if (!/^[a-z_]{1,60}$/.test(code)) throw new RangeError("decline takes a code such as insufficient_funds");
  return { ...genericDecline, declineCode: code };
}

import type { PaymentProvider } from "../../gateways/payments/payment-port.js";
import type { DatabaseTargets } from "../database-targets.js";
import { examine } from "./examine.js";
import { failuresOf, inLines, summaryOf } from "./report.js";

export interface DoctorOptions {
  readonly json: boolean;
  /** Seconds to wait for quiet; 0 looks at once. */
  readonly waitSeconds: number;
  /** Whose own books are compared with the ledger. */
  readonly providers?: readonly PaymentProvider[];
  readonly print: (line: string) => void;
}

/** `millrace doctor`. @returns the exit code: 1 where anything is wrong */
export async function doctor({ primary, nodes }: DatabaseTargets, { json, waitSeconds, providers = [], print }: DoctorOptions): Promise<number> {
  const findings = await examine({ primaryUrl: primary.appUrl, nodes, waitMs: waitSeconds * 1_000, providers });
  if (json) print(JSON.stringify({ summary: summaryOf(findings), findings }, null, 2));
  else for (const line of inLines(findings)) print(line);
  return failuresOf(findings).length === 0 ? 0 : 1;
}

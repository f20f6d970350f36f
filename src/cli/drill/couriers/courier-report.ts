import { told } from "../kill-report.js";
import type { CourierDrillResult } from "./courier-drill.js";

/** What went wrong, what became of orders and parcels, and what the couriers' own books say. */
export function courierReport({ blows, acknowledged, shop, attempts, town, stuck, doctorExitCode, ok }: CourierDrillResult): string {
  const { allocatedSeconds: times } = attempts;
  const kills = blows.filter(({ kind }) => kind === "worker").length;
  const ours = Object.values(attempts.shares).reduce((sum, count) => sum + count, 0);
  const theirs = Object.entries(town.couriers).map(([id, { bookings, cancelled }]) => `${id} ${bookings} labels, ${cancelled} of them called off`);
  return [
    "",
    `went wrong    ${counted(troublesOf(blows))}; ${kills} kills of a worker`,
    `orders        ${acknowledged} acknowledged: ${counted(shop.orders)}`,
    `parcels       ${ours} with a label: ${counted(shop.parcels)}`,
    `stuck         ${told(stuck)}`,
    `two labels    ${told(town.shipmentsLabelledTwice)}`,
    `failovers     ${attempts.failovers} parcels went to another courier than the first that was asked; ${attempts.waited} waited for one`,
    `attempts      ${attempts.attempts}, of which failed: ${counted(attempts.failed)}`,
    `in doubt      ${counted(attempts.inDoubt)}`,
    `allocation    ${times ? `from paid to allocated p50 ${times.p50.toFixed(2)} s, p99 ${times.p99.toFixed(2)} s, max ${times.max.toFixed(2)} s` : "no order was allocated"}`,
    `shares        ${Object.entries(attempts.shares).sort(([, one], [, other]) => other - one).map(([id, count]) => `${id} ${((100 * count) / ours).toFixed(1)} %`).join(", ")}`,
    `their books   ${theirs.join("; ")}`,
    `doctor        ${doctorExitCode === 0 ? "clean" : `exit code ${String(doctorExitCode)}: see doctor.log`}`,
    ok ? "The drill was passed." : "THE DRILL WAS NOT PASSED.",
  ].join("\n");
}

function troublesOf(blows: CourierDrillResult["blows"]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const blow of blows) {
    if (blow.kind === "worker") continue;
    const name = blow.kind === "courier" ? blow.trouble : "all are down";
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

function counted(counts: Readonly<Record<string, number>>): string {
  const found = Object.entries(counts).filter(([, count]) => count > 0).sort(([, one], [, other]) => other - one);
  return found.length === 0 ? "nothing" : found.map(([name, count]) => `${count} ${name}`).join(", ");
}

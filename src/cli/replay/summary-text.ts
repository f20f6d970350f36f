import type { Summary } from "./summary.js";

/** The summary for a person: what could not be used first, what became of the rest last. */
export function summaryText(summary: Summary): string {
  return [...dirt(summary), "", ...orders(summary), "", ...verdict(summary)].join("\n");
}

function dirt({ unusable, notProducts, lines }: Summary): string[] {
  const words = Object.entries(notProducts).sort(([, a], [, b]) => b.count - a.count);
  const text = [`Lines ${lines.first} to ${lines.last} of ${lines.inFile}.`];
  const byReason = Map.groupBy(unusable, ({ reason }) => reason);
  for (const [reason, some] of byReason) text.push(`Not used (${reason}): ${lineList(some.map(({ line }) => line))}`);
  if (words.length > 0) text.push(`No product, left out: ${words.map(([word, { count, firstLine }]) => `${JSON.stringify(word)} (${count}×, first in line ${firstLine})`).join(", ")}`);
  return text;
}

function orders(summary: Summary): string[] {
  const { placed, replayed, refused, unanswered, repeats, states, delivered, latencyMs, live } = summary;
  const others = Object.entries(states).filter(([state]) => state !== "DELIVERED");
  return [
    row("placed", `${placed}${replayed > 0 ? ` and ${replayed} that an earlier run had placed` : ""}`),
    row("refused", sum(refused)), ...byCode(refused),
    row("unanswered", sum(unanswered)), ...byCode(unanswered),
    row("delivered", String(delivered)),
    ...others.map(([state, count]) => row(`  ${state.toLowerCase()}`, String(count))),
    row("rate", `${summary.ordersPerSecond} orders/s over ${summary.placingSeconds} s; at their end after ${summary.wholeSeconds} s`),
    ...(latencyMs ? [row("latency", `p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms`)] : []),
    ...(Object.keys(repeats).length > 0 ? [row("repeated", Object.entries(repeats).map(([code, count]) => `${code} ${count}`).join(", "))] : []),
    ...(live.reconnects > 0 || live.gaps > 0 ? [row("live feed", `taken up again ${live.reconnects} times, ${live.gaps} gaps`)] : []),
  ];
}

function verdict({ lost, doubled, chargedTwice, lostOrders, doubledOrders, countedAt, remark, stopped }: Summary): string[] {
  return [
    row("lost", lost === null ? "not counted" : String(lost)), ...some(lostOrders),
    row("doubled", doubled === null ? "not counted" : String(doubled)), ...some(doubledOrders),
    ...(chargedTwice === null ? [] : [row("paid twice", String(chargedTwice))]),
    row("counted", countedAt.length > 0 ? `at the ${countedAt.map((where) => (where === "api" ? "API" : where)).join(" and the ")}` : "nowhere"),
    ...(remark === null ? [] : [remark]),
    ...(stopped ? ["Stopped before the end: run the same command again to go on; nothing is placed twice."] : []),
  ];
}

function row(name: string, value: string): string {
  return `${name.padEnd(12)}${value}`;
}

function sum(lines: Readonly<Record<string, readonly number[]>>): string {
  return String(Object.values(lines).reduce((all, some) => all + some.length, 0));
}

function byCode(lines: Readonly<Record<string, readonly number[]>>): string[] {
  return Object.entries(lines).map(([code, some]) => row(`  ${code}`, ` ${some.length}: ${lineList([...some].sort((a, b) => a - b))}`));
}

const shownMax = 20;

function some(ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  return [`  ${ids.slice(0, shownMax).join(", ")}${ids.length > shownMax ? ` and ${ids.length - shownMax} more` : ""}`];
}

/** `line 7`, or `lines 1-3, 7`: every number, as short as can be. */
export function lineList(lines: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const line of lines) {
    const range = ranges.at(-1);
    if (range?.last === line - 1) range.last = line;
    else ranges.push({ first: line, last: line });
  }
  const text = ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(", ");
  return `${lines.length === 1 ? "line" : "lines"} ${text}`;
}

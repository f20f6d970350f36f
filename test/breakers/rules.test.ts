import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { breakerDecider, isProbeFree, stateAt, type BreakerCommand, type BreakerEvent, type BreakerMove } from "../../src/kernel/breaker.js";
import { fold } from "../../src/kernel/decider.js";
import { specification } from "../support/specification.js";

const given = specification(breakerDecider);
const party = "swift";
const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 9, 0, second)).toISOString();

type Told<Type extends BreakerEvent["type"]> = Omit<Extract<BreakerEvent, { type: Type }>, "type" | "party" | "at">;
function event<Type extends BreakerEvent["type"]>(type: Type, second: number, rest: Told<Type>): BreakerEvent {
  return { type, party, at: at(second), ...rest } as unknown as BreakerEvent;
}
type Wish = BreakerMove extends infer Move ? Move extends { party: string } ? Omit<Move, "party"> : never : never;
const command = (second: number, wish: Wish): BreakerCommand => ({ ...wish, party, now: at(second) });

const times = { openMs: 2_000, openMaxMs: 10_000 };
const window = { failureRate: 0.6, calls: 5 };
const trip = (second: number, closings = 0) => command(second, { type: "Trip", closings, reason: "failure_rate", ...window, ...times });
const claim = (second: number, probeId: string) => command(second, { type: "ClaimProbe", probeId, probesMax: 3, probeMs: 5_000 });
const succeeded = (second: number, probeId: string) => command(second, { type: "ProbeSucceeded", probeId, probesMax: 3 });
const failed = (second: number, probeId: string) => command(second, { type: "ProbeFailed", probeId, ...times });

const installed = event("BreakerInstalled", 0, {});
const opened = event("BreakerOpened", 1, { dryRun: false, reason: "failure_rate", ...window, openings: 1, openUntil: at(3) });
const halfOpened = event("BreakerHalfOpened", 3, {});
const claimed = (probeId: string, second = 3) => event("BreakerProbeClaimed", second, { probeId, until: at(second + 5) });
const well = (probeId: string) => event("BreakerProbeSucceeded", 4, { probeId });
const open = [installed, opened];
const probing = [...open, halfOpened, claimed("a"), claimed("b")];

describe("a breaker", () => {
  it("is opened by the first process that finds the neighbour down, once", () => {
    given(installed).when(trip(1)).then(opened);
    given(...open).when(trip(1)).thenNothing();
    given(...probing).when(trip(4)).thenNothing();
  });
  it("is told of with its first opening where nobody had told of it", () => given().when(trip(1)).then({ ...installed, at: at(1) }, opened));
  it("is installed once", () => {
    given().when(command(0, { type: "Install" })).then(installed);
    given(installed).when(command(1, { type: "Install" })).thenNothing();
  });
  it("does not open by what was seen before somebody closed it", () => {
    given(installed, event("BreakerReset", 1, { by: "olga" })).when(trip(2, 0)).thenNothing();
    given(installed, event("BreakerReset", 1, { by: "olga" })).when(trip(1, 1)).then(opened);
  });
  it("gives no probe before its time", () => given(...open).when(claim(2, "a")).thenNothing());
  it("is half open with the first probe after it", () => given(...open).when(claim(3, "a")).then(halfOpened, claimed("a")));
  it("gives so many probes in all, those that went well counted", () => {
    given(...probing).when(claim(4, "c")).then(claimed("c", 4));
    given(...probing, claimed("c")).when(claim(4, "d")).thenNothing();
    given(...probing, claimed("c"), well("a")).when(claim(4, "d")).thenNothing();
  });
  it("is not left half open by a shop that asks for fewer probes than have gone well", () => {
    const fewer = command(5, { type: "ClaimProbe", probeId: "d", probesMax: 2, probeMs: 5_000 });
    given(...probing, well("a"), well("b")).when(fewer).then(claimed("d", 5));
    given(...probing, well("a"), well("b"), claimed("d", 5)).when({ ...fewer, probeId: "e" } as BreakerCommand).thenNothing();
    given(...probing, well("a"), well("b"), claimed("d", 5)).when({ ...succeeded(6, "d"), probesMax: 2 } as BreakerCommand)
      .then({ ...well("d"), at: at(6) }, event("BreakerClosed", 6, {}));
  });
  it("gives a probe to another when its process has said nothing for too long", () => {
    given(...probing, claimed("c")).when(claim(8, "d")).then(claimed("d", 8));
    given(...probing, claimed("c"), claimed("d", 8)).when(succeeded(9, "a")).thenNothing();
  });
  it("closes when all went well, not before", () => {
    given(...probing, claimed("c"), well("a")).when(succeeded(4, "b")).then(well("b"));
    given(...probing, claimed("c"), well("a"), well("b")).when(succeeded(4, "c")).then(well("c"), event("BreakerClosed", 4, {}));
  });
  it("opens for twice as long when one failed, up to its bound; the others have no say then", () => {
    const again = event("BreakerOpened", 4, { dryRun: false, reason: "probe_failed", failureRate: null, calls: null, openings: 2, openUntil: at(8) });
    given(...probing, well("a")).when(failed(4, "b")).then(again);
    given(...probing, again).when(succeeded(5, "a")).thenNothing();
    given(...probing, again).when(failed(5, "a")).thenNothing();
    const fifth = { ...again, openings: 5 } as BreakerEvent;
    given(installed, fifth, halfOpened, claimed("a")).when(failed(4, "a")).then({ ...again, openings: 6, openUntil: at(14) } as BreakerEvent);
  });
  it("begins anew with its first time after it was closed", () => {
    given(...probing, event("BreakerClosed", 4, {})).when(trip(5, 1)).then({ ...opened, at: at(5), openUntil: at(7) } as BreakerEvent);
  });
});

describe("an operator", () => {
  const held = event("BreakerHeldOpen", 2, { reason: "strike", by: "olga" });
  const reset = event("BreakerReset", 2, { by: "olga" });
  it("holds it open, in any state, until somebody resets it", () => {
    given(installed).when(command(2, { type: "HoldOpen", reason: "strike", by: "olga" })).then(held);
    given(...probing).when(command(2, { type: "HoldOpen", reason: "strike", by: "olga" })).then(held);
    given(installed, held).when(command(3, { type: "HoldOpen", reason: "more", by: "olga" })).thenNothing();
    given(installed, held).when(claim(600, "a")).thenNothing();
    given(...probing, held).when(failed(4, "a")).thenNothing();
  });
  it("says why", () => given(installed).when(command(2, { type: "HoldOpen", reason: " ", by: "olga" })).refuses("NO_REASON"));
  it("resets it, also where it is closed: what was counted and a pause end by it", () => {
    given(...open).when(command(2, { type: "Reset", by: "olga" })).then(reset);
    given(installed).when(command(2, { type: "Reset", by: "olga" })).then(reset);
    expect(fold(breakerDecider, [...open, reset])).toMatchObject({ state: "closed", openings: 0, closings: 1, resets: 1, openUntil: null });
  });
  it("has it only judge; what it says tells that nothing was held back", () => {
    const dry = event("BreakerDryRunSet", 0, { dryRun: true, by: "olga" });
    given(installed).when(command(0, { type: "SetDryRun", dryRun: true, by: "olga" })).then(dry);
    given(installed, dry).when(command(0, { type: "SetDryRun", dryRun: true, by: "olga" })).thenNothing();
    given(installed, dry).when(trip(1)).then({ ...opened, dryRun: true } as BreakerEvent);
  });
});

describe("time alone", () => {
  it("makes an open breaker half open, and gives its probes free", () => {
    const breaker = fold(breakerDecider, open);
    expect([stateAt(breaker, at(2)), stateAt(breaker, at(3))]).toEqual(["open", "half_open"]);
    expect([isProbeFree(breaker, at(2), 3), isProbeFree(breaker, at(3), 3)]).toEqual([false, true]);
    expect(isProbeFree(fold(breakerDecider, [...probing, claimed("c")]), at(4), 3)).toBe(false);
  });
});

describe("whatever many processes say in whatever order", () => {
  it("never are more probes under way than may be, and it closes only by as many good ones in a row", () => {
    const step = fc.record({ kind: fc.constantFrom("trip", "claim", "good", "bad"), of: fc.nat({ max: 5 }), seconds: fc.nat({ max: 4 }) });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [breaker, second, good] = [breakerDecider.initial, 0, 0];
      for (const { kind, of, seconds } of steps) {
        second += seconds;
        const probeId = String(of);
        const wish = { trip: trip(second, breaker.closings), claim: claim(second, probeId), good: succeeded(second, probeId), bad: failed(second, probeId) }[kind as "trip"];
        const said = breakerDecider.decide(wish, breaker);
        breaker = fold(breakerDecider, said, breaker);
        for (const { type } of said) {
          if (type === "BreakerProbeSucceeded") good += 1;
          if (type === "BreakerClosed") expect(good).toBe(3);
          if (type === "BreakerOpened" || type === "BreakerClosed") good = 0;
        }
        expect(breaker.probes.filter(({ until }) => until > at(second)).length + breaker.probesSucceeded).toBeLessThanOrEqual(3);
      }
    }));
  });
});

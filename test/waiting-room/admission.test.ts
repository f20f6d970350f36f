import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { examineRooms } from "../../src/cli/doctor/check-rooms.js";
import { endSale } from "../../src/commands/inventory/end-sale.js";
import { releaseReservation } from "../../src/commands/inventory/change-reservation.js";
import { graceSeconds } from "../../src/commands/inventory/sale-ticket.write-state.js";
import { lookOnce, waitingRoomRounds } from "../../src/commands/inventory/waiting-room.job.js";
import { startPeriodic } from "../../src/platform/jobs/periodic.js";
import { withClient } from "../../src/platform/postgres/connection.js";
import { by, openShop, operator, quiet, type Shop, type TestBus } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { Crowd, people } from "./crowd.js";

describe("a waiting room on a primary, with two processes", () => {
  let shop: Shop;
  let one: TestBus;
  let other: TestBus;
  beforeAll(async () => {
    shop = await openShop();
    [one, other] = [shop.process(), shop.process()];
    await shop.stock({ TEA: 100_000 });
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    const [examined] = await withClient({ url: shop.primary.adminUrl }, examineRooms);
    expect(examined!.problems).toEqual([]);
  });

  const gather = (terms: Partial<Parameters<typeof Crowd.gather>[2]> = {}): Promise<Crowd> => Crowd.gather(shop.pool, one, { sku: "TEA", ...terms });
  const look = (): Promise<boolean> => lookOnce(one, shop.pool);

  it("gives a customer one ticket, however often and wherever it is asked for", async () => {
    const crowd = await gather();
    const answers = await Promise.all(people(50).map((_, index) => crowd.join(index % 2 === 0 ? one : other, "ada")));
    expect(new Set(answers.map(({ answer }) => answer!.number))).toEqual(new Set([1]));
    expect((await crowd.see()).next).toBe(2);
  });

  it("numbers a crowd without a gap, and lets it in first come, first served", async () => {
    const crowd = await gather({ allocation: 10 });
    const crowded = people(60);
    const answers = await Promise.all(crowded.map((who, index) => crowd.join(index % 2 === 0 ? one : other, who)));
    expect(answers.map(({ answer }) => answer!.number).sort((a, b) => a - b)).toEqual(crowded.map((_, index) => index + 1));
    await Promise.all([look(), lookOnce(other, shop.pool)]);
    expect((await crowd.see()).admitted).toBe(10);
    const states = await Promise.all(crowded.map(async (who) => crowd.join(other, who)));
    for (const { answer } of states) expect(answer!.state).toBe(answer!.number <= 10 ? "ADMITTED" : "WAITING");
  });

  it("never promises more than is left, while two processes let in and all want everything at once", async () => {
    const crowd = await gather({ allocation: 25, limitPerCustomer: 2 });
    const waiting = new Set(people(120));
    const bus = (index: number): TestBus => (index % 2 === 0 ? one : other);
    let [worst, isPlaying] = [0, true];
    const watching = (async () => {
      while (isPlaying) worst = Math.max(worst, await crowd.overpromised());
    })();
    await Promise.all([...waiting].map((who, index) => crowd.join(bus(index), who)));
    const tryToTake = async (who: string, index: number): Promise<void> => {
      const code = await crowd.take(bus(index), who, 1 + (index % 3 === 0 ? 1 : 0));
      if (code === "yes") waiting.delete(who);
      else expect(code).toBe("TICKET_WAITING");
    };
    try {
      // One that is left is too little for a pass, while what is held may come back.
      while ((await crowd.see()).left > 1) await Promise.all([look(), lookOnce(other, shop.pool), ...[...waiting].map(tryToTake)]);
    } finally {
      isPlaying = false;
      await watching;
    }
    expect(worst).toBe(0);
    const { left, held, state } = await crowd.see();
    expect(left + held).toBe(25);
    expect(["OPEN", "WAITING_FOR_RETURNS"]).toContain(state);
  });

  it("lets in no faster than its rate", async () => {
    const crowd = await gather({ allocation: 1_000, waitingRoom: { ratePerSecond: 20, passSeconds: 600 } });
    await Promise.all(people(100).map((who) => crowd.join(one, who)));
    const { now: begun } = await crowd.see();
    await until("forty are let in", async () => {
      await Promise.all([look(), lookOnce(other, shop.pool)]);
      const { admitted, now } = await crowd.see();
      // One at once, and one second's worth that the beginning may have left over.
      expect(admitted).toBeLessThanOrEqual(21 + ((now.getTime() - begun.getTime()) * 20) / 1_000);
      return admitted >= 40;
    });
  });

  it("lets the next one in when a pass was not used in time", async () => {
    const crowd = await gather({ allocation: 1 });
    await crowd.joinAll(one, ["ada", "bob"]);
    await look();
    expect(await crowd.take(one, "bob")).toBe("TICKET_WAITING");
    await crowd.age(630);
    expect(await crowd.take(one, "ada")).toBe("PASS_EXPIRED");
    await look();
    expect(await crowd.take(one, "bob")).toBe("yes");
    expect((await crowd.join(one, "ada")).answer!.number).toBe(3);
  });

  it("passes over who left for good, and keeps the place of who comes back", async () => {
    const crowd = await gather({ allocation: 1 });
    await crowd.joinAll(one, ["ada", "bob", "eve", "kim"]);
    for (const who of ["ada", "bob", "eve"]) await crowd.leave(one, who);
    expect((await crowd.join(other, "ada")).answer).toMatchObject({ number: 1, position: 1 });
    await crowd.leave(one, "ada");
    await crowd.age(graceSeconds);
    expect((await crowd.join(one, "eve")).answer).toMatchObject({ number: 5 });
    await look();
    expect(await crowd.take(one, "ada")).toBe("PASS_REQUIRED");
    expect(await crowd.take(one, "kim")).toBe("yes");
  });

  it("gives a pass on whose holder has left for good", async () => {
    const crowd = await gather({ allocation: 1 });
    await crowd.joinAll(one, ["ada", "bob"]);
    await look();
    await crowd.leave(one, "ada");
    await look();
    expect(await crowd.take(one, "bob")).toBe("TICKET_WAITING");
    await crowd.age(graceSeconds);
    await look();
    expect(await crowd.take(one, "bob")).toBe("yes");
  });

  it("waits for returns while something is held, and a unit that comes back lets the next one in", async () => {
    const crowd = await gather({ allocation: 1 });
    await crowd.joinAll(one, ["ada", "bob", "eve"]);
    await look();
    const { answer } = await crowd.reserve(one, "ada");
    await look();
    expect(await crowd.state(one, "bob")).toBe("WAITING_FOR_RETURNS");
    await one.execute(releaseReservation, { reservationId: answer!.reservationId, buyer: "customer:ada", guest: null }, by({ role: "customer", id: "ada" }));
    await crowd.age(1);
    await look();
    expect(await crowd.take(other, "bob")).toBe("yes");
    // Held past its time is as good as back, before anybody has swept.
    await crowd.age(121);
    await look();
    expect(await crowd.take(other, "eve")).toBe("yes");
    expect(await crowd.see()).toMatchObject({ left: 0, held: 1 });
  });

  it("ends with its sale while passes are out", async () => {
    const crowd = await gather({ allocation: 2 });
    await crowd.joinAll(one, ["ada", "bob", "eve"]);
    await look();
    const outcomes = await Promise.all([
      ...["ada", "bob", "eve"].map((who) => crowd.take(other, who)),
      one.execute(endSale, { saleId: crowd.saleId, reason: "cancelled" }, by(operator)).then(() => "ended"),
    ]);
    for (const outcome of outcomes.slice(0, 2)) expect(["yes", "SALE_ENDED"]).toContain(outcome);
    expect(["TICKET_WAITING", "SALE_ENDED"]).toContain(outcomes[2]);
    expect(await crowd.take(one, "bob")).toBe("SALE_ENDED");
    expect(await crowd.state(one, "eve")).toBe("SALE_ENDED");
    expect((await crowd.see()).state).toBe("ENDED");
    expect((await crowd.see()).left).toBe(0);
  });

  it("goes on when one of its workers stops", async () => {
    const crowd = await gather({ allocation: 40, waitingRoom: { ratePerSecond: 50, passSeconds: 600 } });
    await Promise.all(people(40).map((who) => crowd.join(one, who)));
    const [first, second] = [one, other].map((bus) => startPeriodic({ name: "rooms", everyMs: 10, logger: quiet, round: waitingRoomRounds(bus, shop.pool) }));
    try {
      await until("ten are let in", async () => (await crowd.see()).admitted >= 10);
      await first!.stop();
      await until("all are let in", async () => (await crowd.see()).admitted === 40);
    } finally {
      await Promise.all([first!.stop(), second!.stop()]);
    }
    expect(await crowd.overpromised()).toBe(0);
  });

  it("writes nothing while there is nothing to do", async () => {
    const crowd = await gather({ allocation: 1 });
    await crowd.joinAll(one, ["ada", "bob"]);
    // Rooms of the tests before may still have a pass that runs out.
    await until("a look finds nothing to do", async () => {
      const before = JSON.stringify(await shop.written());
      expect(await look()).toBe(true);
      return JSON.stringify(await shop.written()) === before;
    });
  });
});

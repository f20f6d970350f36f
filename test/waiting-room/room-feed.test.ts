import "reflect-metadata";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { InProcessLive } from "../../src/platform/live/in-process-live.js";
import type { LivePort } from "../../src/platform/live/live-port.js";
import { RedisLive } from "../../src/platform/live/redis-live.js";
import type { NamedQuery, ReadNode } from "../../src/platform/projector/read-node.js";
import { roomChannel, type SaleRoomCardRow } from "../../src/projections/inventory/sale-room-card.projection.js";
import type { SaleTicketCardRow } from "../../src/projections/inventory/sale-ticket-card.projection.js";
import { followTicket } from "../../src/queries/inventory/sale-queue.live.js";
import type { SaleTicketType } from "../../src/queries/inventory/sale-ticket.type.js";
import type { TicketFollower } from "../../src/queries/inventory/ticket-follower.js";
import { quiet } from "../bus/shop.js";
import { until } from "../replication/until.js";
import { hasRedisServer, startRedis } from "../support/test-redis.js";

const saleId = "00000000-0000-5000-8000-000000000001";

/** A read node of one room and its tickets, which counts what it is asked. */
class RoomNode {
  room: SaleRoomCardRow = {
    saleId, startsAt: "2026-01-01T00:00:00.000Z", endsAt: "2999-01-01T00:00:00.000Z", state: "OPEN", admitted: 0, steps: [], pace: 10, version: 1,
  };
  readonly tickets = new Map<string, SaleTicketCardRow>();
  readonly asked = new Map<string, number>();

  constructor(readonly live: LivePort, count: number) {
    for (let number = 1; number <= count; number += 1) {
      const ticketId = `${saleId}/customer:${String(number)}`;
      this.tickets.set(ticketId, { ticketId, saleId, number, fate: "in", changedPosition: null, version: 1 });
    }
  }

  readonly asNode = {
    name: "n1",
    tableOf: (projection: string) => projection,
    query: ({ name, values = [] }: NamedQuery) => {
      this.asked.set(name, (this.asked.get(name) ?? 0) + 1);
      const changed = [...this.tickets.values()].filter(({ changedPosition }) => changedPosition !== null).sort((a, b) => a.changedPosition! - b.changedPosition!);
      if (name === "sale_room_by_id") return Promise.resolve([this.room]);
      if (name === "sale_ticket_by_id") return Promise.resolve([this.tickets.get(values[0] as string)].filter(Boolean));
      if (name === "sale_ticket_last_change") return Promise.resolve(changed.slice(-1));
      return Promise.resolve(changed.filter(({ changedPosition }) => changedPosition! > (values[1] as number)).slice(0, values[2] as number));
    },
  } as unknown as ReadNode;

  move(change: Partial<SaleRoomCardRow>): void {
    this.room = { ...this.room, ...change, version: this.room.version + 1 };
  }

  use(number: number, changedPosition: number): void {
    const ticket = this.tickets.get(`${saleId}/customer:${String(number)}`)!;
    this.tickets.set(ticket.ticketId, { ...ticket, fate: "used", changedPosition, version: ticket.version + 1 });
  }

  push(): Promise<void> {
    return this.live.publish("n1", [{ channel: roomChannel(saleId), version: 1, position: "1" }]);
  }

  follow(number: number, refreshMs = 3_600_000): Promise<TicketFollower> {
    return followTicket({ live: this.live, node: () => this.asNode, saleId, refreshMs }, `${saleId}/customer:${String(number)}`);
  }
}

/** Keeps what a follower is told. */
function collect(updates: TicketFollower): SaleTicketType[] {
  const told: SaleTicketType[] = [];
  void (async () => { for await (const each of updates) told.push(each); })();
  return told;
}

describe("those who follow their tickets of one sale", () => {
  let live: InProcessLive;
  let node: RoomNode;
  let followed: TicketFollower[];
  beforeEach(() => {
    live = new InProcessLive();
    node = new RoomNode(live, 300);
    followed = [];
  });
  afterEach(async () => {
    await Promise.all(followed.map((updates) => updates.return()));
    await live.close();
  });
  const follow = async (number: number, refreshMs?: number): Promise<SaleTicketType[]> => {
    const updates = await node.follow(number, refreshMs);
    followed.push(updates);
    return collect(updates);
  };

  it("share one look at the room, however many they are", async () => {
    const told = await Promise.all(Array.from({ length: 300 }, (_, index) => follow(index + 1)));
    await until("all were told", () => Promise.resolve(told.every(({ length }) => length === 1)));
    expect(told.map(([first]) => first!.position)).toEqual(told.map((_, index) => index + 1));
    expect(node.asked.get("sale_room_by_id")).toBe(1);
    node.move({ admitted: 100, steps: [{ from: 1, to: 100, until: "2999-01-01T00:00:00.000Z" }] });
    node.use(7, 70);
    await node.push();
    await until("all were told again", () => Promise.resolve(told.every(({ length }) => length === 2)));
    expect(told.map((each) => each[1]!.state)).toEqual(told.map((_, index) => (index === 6 ? "USED" : index < 100 ? "ADMITTED" : "WAITING")));
    expect(node.asked.get("sale_room_by_id")).toBe(2);
    expect(node.asked.get("sale_tickets_changed")).toBe(2);
    expect(node.asked.get("sale_ticket_by_id")).toBe(300);
  });

  it("are told at most once a second, and the last word always", async () => {
    const beganAt = Date.now();
    const told = await follow(300);
    for (let admitted = 1; admitted <= 200; admitted += 1) {
      node.move({ admitted });
      await node.push();
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    await until("the last word was told", () => Promise.resolve(told.at(-1)?.position === 100));
    expect(told.length).toBeLessThanOrEqual(2 + (Date.now() - beganAt) / 1_000);
  });

  it("hear of the end, and nothing after it", async () => {
    const updates = await node.follow(1);
    followed.push(updates);
    expect((await updates.next()).value).toMatchObject({ state: "WAITING" });
    node.move({ state: "ENDED" });
    await node.push();
    expect((await updates.next()).value).toMatchObject({ state: "ENDED" });
    expect((await updates.next()).done).toBe(true);
  });

  it("are told when the clock alone ends a pass", async () => {
    node.move({ admitted: 1, steps: [{ from: 1, to: 1, until: new Date(Date.now() + 1_500).toISOString() }] });
    const told = await follow(1);
    await until("the pass has expired", () => Promise.resolve(told.at(-1)?.state === "EXPIRED"));
    expect(told.map(({ state }) => state)).toEqual(["ADMITTED", "EXPIRED"]);
  });

  it("hear of a node that cannot be read", async () => {
    const updates = await node.follow(1, 1);
    await updates.next();
    const next = updates.next();
    node.asNode.query = () => Promise.reject(new Error("broken"));
    await expect(next).rejects.toThrow("broken");
  });

  it("begin anew after the last of them had gone", async () => {
    const first = await node.follow(1);
    await first.next();
    await first.return();
    node.move({ admitted: 1 });
    const told = await follow(2);
    await until("the second was told", () => Promise.resolve(told.length > 0));
    expect(told[0]).toMatchObject({ position: 1 });
  });

  (hasRedisServer() ? it : it.skip)("go on by looking when Redis is emptied and a push is lost", async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-room-"));
    const port = await freePort(undefined, new Set());
    const redis = await startRedis(directory, port);
    const overRedis = new RedisLive({ url: redis.value!, logger: quiet });
    const client = new Redis(redis.value!);
    try {
      node = new RoomNode(overRedis, 300);
      const told = await follow(300, 200);
      await until("the first was told", () => Promise.resolve(told.length > 0));
      await client.flushall();
      node.move({ admitted: 50 });
      await until("it was told of the fifty", () => Promise.resolve(told.at(-1)?.position === 250));
    } finally {
      await Promise.all(followed.map((updates) => updates.return()));
      await until("nobody is subscribed any more", async () => (await client.pubsub("CHANNELS")).length === 0);
      client.disconnect();
      await overRedis.close();
      await redis.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

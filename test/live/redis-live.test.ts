import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { Pointer } from "../../src/platform/live/live-port.js";
import { RedisLive } from "../../src/platform/live/redis-live.js";
import { freePort } from "../../src/platform/embedded/free-port.js";
import { eventually, quiet } from "../projector/teller.js";

const url = process.env.MILLRACE_TEST_REDIS_URL;
const withRedis = url ? describe : describe.skip;
if (!url) process.stderr.write("SKIPPED: live updates over Redis (no MILLRACE_TEST_REDIS_URL and no redis-server)\n");

const open: RedisLive[] = [];
function connect(to: string): RedisLive {
  const live = new RedisLive({ url: to, logger: quiet });
  open.push(live);
  return live;
}

afterEach(() => Promise.all(open.splice(0).map((live) => live.close())));

function pointer(version: number): Pointer {
  return { channel: "order:1", version, position: String(version) };
}

withRedis("pointers over Redis", () => {
  it("reach every process that listens to the node, and no other node's listeners", async () => {
    const [sender, receiver] = [connect(url!), connect(url!)];
    const [heard, again, elsewhere]: [Pointer[], Pointer[], Pointer[]] = [[], [], []];
    await receiver.subscribe("node1", "order:1", (one) => { heard.push(one); });
    const end = await receiver.subscribe("node1", "order:1", (one) => { again.push(one); });
    await receiver.subscribe("node2", "order:1", (one) => { elsewhere.push(one); });
    await eventually("a pointer gets through", async () => {
      await sender.publish("node1", [pointer(1)]);
      return heard.length > 0;
    });
    end();
    const before = again.length;
    await sender.publish("node1", [pointer(2)]);
    await eventually("the second is heard", () => heard.some(({ version }) => version === 2));
    expect(again).toHaveLength(before);
    expect(elsewhere).toEqual([]);
  });

  it("end with the last local subscriber, and begin again with the next", async () => {
    const [sender, receiver] = [connect(url!), connect(url!)];
    (await receiver.subscribe("node3", "order:1", () => undefined))();
    const heard: Pointer[] = [];
    await receiver.subscribe("node3", "order:1", (one) => { heard.push(one); });
    await eventually("a pointer gets through", async () => {
      await sender.publish("node3", [pointer(1)]);
      return heard.length > 0;
    });
  });
});

/** This one needs a server of its own, to kill. */
const withProgram = url && spawnSync("redis-server", ["--version"]).status === 0 ? describe : describe.skip;

withProgram("a Redis that goes down and comes back", () => {
  let server: ChildProcess | null = null;

  async function start(port: number): Promise<void> {
    server = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(port), "--save", ""], { stdio: "ignore" });
    await once(server, "spawn");
  }

  async function kill(): Promise<void> {
    const exited = once(server!, "exit");
    server!.kill("SIGKILL");
    await exited;
  }

  it("neither fails the projector nor keeps anything, and its return is told as a gap", async () => {
    const port = await freePort(undefined, new Set());
    await start(port);
    const [sender, receiver] = [connect(`redis://127.0.0.1:${String(port)}`), connect(`redis://127.0.0.1:${String(port)}`)];
    const heard: Pointer[] = [];
    let gaps = 0;
    receiver.onGap(() => { gaps += 1; });
    await receiver.subscribe("node1", "order:1", (one) => { heard.push(one); });
    await eventually("a pointer gets through", async () => {
      await sender.publish("node1", [pointer(1)]);
      return heard.length > 0;
    });
    await kill();
    const droppedBefore = sender.dropped;
    await eventually("publications are dropped", async () => {
      await sender.publish("node1", [pointer(2)]);
      return sender.dropped > droppedBefore;
    });
    // Asked for while Redis is away: given out anyway, in force after its return.
    const late: Pointer[] = [];
    await receiver.subscribe("node1", "order:late", (one) => { late.push(one); });
    expect(gaps).toBe(0);
    await start(port);
    await eventually("the gap is told", () => gaps === 1, 15_000);
    await eventually("both subscriptions are in force again", async () => {
      await sender.publish("node1", [pointer(3), { ...pointer(3), channel: "order:late" }]);
      return heard.some(({ version }) => version === 3) && late.length > 0;
    }, 15_000);
    await kill();
  });
});

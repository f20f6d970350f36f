import { ConnectionPool, patienceOver, type Call } from "./connection-pool.js";
import type { OpenJob, OpenRecord } from "./load-job.js";
import { RequestWriter } from "./order-request.js";
import { outcomes, readAnswer } from "./outcome.js";
import { scheduleOf } from "./schedule.js";

const strangeMax = 5;

/** Sends each click when it is due, and waits for what is still open at the end for as long as a buyer does. */
export async function openLoad({ target, load, tokens, plan, connectionsWarm, connectionsMax, patienceMs }: OpenJob, onStart: () => void): Promise<OpenRecord> {
  const { dueMs, wish, hot } = scheduleOf(plan);
  const { hostname, port } = new URL(target.url);
  const pool = new ConnectionPool(hostname, Number(port), connectionsMax, patienceMs);
  const writer = new RequestWriter(target, tokens);
  const count = dueMs.length;
  const [sentMs, answeredMs, outcome] = [new Float64Array(count).fill(NaN), new Float64Array(count).fill(NaN), new Uint8Array(count)];
  const orderIds = Array.from({ length: count }, () => "");
  const strange: string[] = [];
  const wait = { least: Infinity, most: 0 };
  const ended = Promise.withResolvers<undefined>();
  let settled = 0;
  await pool.warm(connectionsWarm);
  const startedMs = performance.now();
  onStart();

  const settle = (click: number, what: number): void => {
    answeredMs[click] = performance.now() - startedMs;
    outcome[click] = what;
    settled += 1;
    if (settled === count) ended.resolve(undefined);
  };
  const callOf = (click: number): Call => ({
    request: writer.write({ load, number: wish[click] ?? 0, isHot: hot[click] === 1 }),
    onSent: (atMs) => { sentMs[click] = atMs - startedMs; },
    onAnswer: (answer) => {
      const read = readAnswer(answer);
      settle(click, read.outcome);
      if (read.orderId !== null) orderIds[click] = read.orderId;
      if (read.outcome === outcomes.shed && read.retryAfterSeconds !== null) {
        wait.least = Math.min(wait.least, read.retryAfterSeconds);
        wait.most = Math.max(wait.most, read.retryAfterSeconds);
      }
      if (read.outcome === outcomes.other && strange.length < strangeMax) strange.push(`${String(answer.status)} ${answer.body.slice(0, 300)}`);
    },
    onFailure: (why) => {
      settle(click, why === patienceOver ? outcomes.gaveUp : outcomes.other);
      if (why !== patienceOver && strange.length < strangeMax) strange.push(why);
    },
  });
  let next = 0;
  const sendWhatIsDue = (): void => {
    const nowMs = performance.now() - startedMs;
    for (; next < count && (dueMs[next] ?? 0) <= nowMs; next += 1) pool.call(callOf(next));
    if (next < count) setTimeout(sendWhatIsDue, 1);
  };
  sendWhatIsDue();
  await ended.promise;
  const { mostOpen: mostConnections, sentAgain } = pool;
  pool.close();
  return { sentMs, answeredMs, outcome, orderIds, strange, mostConnections, sentAgain, retryAfterSeconds: wait.most === 0 ? null : wait };
}

import { setTimeout as delay } from "node:timers/promises";
import { summarize } from "../load.js";
import { ConnectionPool } from "./connection-pool.js";
import type { ClosedJob, ClosedRecord } from "./load-job.js";
import { RequestWriter } from "./order-request.js";
import { isAccepted, outcomes, readAnswer, type ReadAnswer } from "./outcome.js";

const strangeMax = 5;

/** The rate at which so many buyers are served; one that is shed waits as long as it was told. */
export async function closedLoad({ target, load, tokens, callers, warmUpMs, durationMs, patienceMs }: ClosedJob, onStart: () => void): Promise<ClosedRecord> {
  const { hostname, port } = new URL(target.url);
  const pool = new ConnectionPool(hostname, Number(port), callers, patienceMs);
  const writer = new RequestWriter(target, tokens);
  const latencies: number[] = [];
  const orderIds: string[] = [];
  const strange: string[] = [];
  let [wishes, shed, others] = [0, 0, 0];
  await pool.warm(callers);
  const startedMs = performance.now();
  const [fromMs, untilMs] = [startedMs + warmUpMs, startedMs + warmUpMs + durationMs];
  onStart();

  const call = (): Promise<ReadAnswer> => new Promise((resolve) => {
    const number = wishes;
    wishes += 1;
    pool.call({
      request: writer.write({ load, number, isHot: true }),
      onSent: () => undefined,
      onAnswer: (answer) => {
        const read = readAnswer(answer);
        if (read.outcome === outcomes.other && strange.length < strangeMax) strange.push(`${String(answer.status)} ${answer.body.slice(0, 300)}`);
        resolve(read);
      },
      onFailure: (why) => {
        if (strange.length < strangeMax) strange.push(why);
        resolve({ outcome: outcomes.other, orderId: null, retryAfterSeconds: null });
      },
    });
  });
  const buyer = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const begunMs = performance.now();
      const { outcome, orderId, retryAfterSeconds } = await call();
      const endedMs = performance.now();
      const counts = endedMs >= fromMs && endedMs < untilMs;
      if (orderId !== null) orderIds.push(orderId);
      if (isAccepted(outcome)) {
        if (counts) latencies.push(endedMs - begunMs);
        continue;
      }
      if (outcome === outcomes.shed) shed += 1;
      else others += 1;
      await delay(Math.min((retryAfterSeconds ?? 0.05) * 1_000, Math.max(0, untilMs - endedMs)));
    }
  };
  await Promise.all(Array.from({ length: callers }, buyer));
  pool.close();
  return { ...summarize(latencies, durationMs), shed, others, orderIds, strange };
}

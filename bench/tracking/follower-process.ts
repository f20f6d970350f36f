import { WebSocket } from "ws";
import { clockMs, scanInText, type FollowerAnswer, type FollowerJob, type Heard } from "./follower-messages.js";

/** The followers in a process of their own, so that they share no event loop with what is measured. */
const query = `subscription ($token: ID!) { publicTrackingUpdates(token: $token) {
  version status parcels { status courier city expectedDelivery { likely } updatedAt history { status city occurredAt } } } }`;
const openingMax = 100;
let heard: Heard[] = [];

function tell(answer: FollowerAnswer): void {
  process.send?.(answer);
}

/** Resolves with the snapshot. Speaks the protocol by hand: 10,000 clients of a library would be measured too. */
function follow(url: string, tokens: readonly string[], token: number, socket: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new WebSocket(url, ["graphql-transport-ws"], { perMessageDeflate: false });
    const send = (message: object): void => { client.send(JSON.stringify(message)); };
    client.on("open", () => { send({ type: "connection_init" }); });
    client.on("message", (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"connection_ack"')) send({ id: "1", type: "subscribe", payload: { query, variables: { token: tokens[token] } } });
      else if (!text.includes('"next"')) reject(new Error(`a follower was told ${text.slice(0, 200)}`));
      else {
        // The first city of an answer is where the parcel was seen last.
        const scan = scanInText.exec(text)?.[1];
        if (scan !== undefined) heard.push({ token, socket, scan: Number(scan), atMs: clockMs() });
        resolve();
      }
    });
    client.on("error", reject);
    client.on("close", (code) => {
      tell({ kind: "failed", why: `a socket was closed with ${String(code)}` });
      reject(new Error("closed"));
    });
  });
}

async function openAll({ url, tokens, socketsEach }: Extract<FollowerJob, { kind: "open" }>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: openingMax }, async () => {
    for (let mine = next++; mine < tokens.length * socketsEach; mine = next++) await follow(url, tokens, mine % tokens.length, Math.floor(mine / tokens.length));
  }));
  tell({ kind: "opened" });
}

process.on("message", (job: FollowerJob) => {
  if (job.kind === "report") {
    tell({ kind: "heard", news: heard });
    heard = [];
  } else openAll(job).catch((error: unknown) => { tell({ kind: "failed", why: error instanceof Error ? error.message : String(error) }); });
});
process.on("disconnect", () => process.exit(0));

import { randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { HttpLoad } from "./http-load.js";
import { summarize } from "./load.js";

/**
 * The load generator: bare sockets and as little parsing as HTTP/1.1 allows, since it shares two cores with
 * what it measures. Expects `content-length`, status 200 and an answer without `errors`.
 */
class Caller {
  readonly #socket: Socket;
  #received = "";
  #answered: ((answer: string) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor({ hostname, port }: URL) {
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true).setEncoding("utf8");
    this.#socket.on("data", (chunk: string) => { this.#receive(chunk); });
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => this.#failed?.(new Error("the server hung up")));
  }

  call(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#failed = null;
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = /content-length: (\d+)/i.exec(this.#received)?.[1];
    if (length === undefined || Buffer.byteLength(this.#received) < Buffer.byteLength(this.#received.slice(0, end + 4)) + Number(length)) return;
    const answer = this.#received;
    this.#received = "";
    this.#answered?.(answer);
  }
}

async function run({ url, headers, body, connections, durationMs }: HttpLoad): Promise<void> {
  const target = new URL(url);
  const head = Object.entries({ host: target.host, "content-type": "application/json", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const [before = "", after] = body.split("%KEY%");
  const request = (): string => {
    const sent = after === undefined ? body : `${before}${randomUUID()}${after}`;
    return `POST ${target.pathname} HTTP/1.1\r\n${head}content-length: ${String(Buffer.byteLength(sent))}\r\n\r\n${sent}`;
  };
  const callers = Array.from({ length: connections }, () => new Caller(target));
  const latencies: number[] = [];
  const startedMs = performance.now();
  await Promise.all(callers.map(async (caller) => {
    while (performance.now() - startedMs < durationMs) {
      const begunMs = performance.now();
      const answer = await caller.call(request());
      latencies.push(performance.now() - begunMs);
      if (!answer.startsWith("HTTP/1.1 200") || answer.includes('"errors":[')) throw new Error(answer.slice(0, 2_000));
    }
  }));
  const result = summarize(latencies, performance.now() - startedMs);
  for (const caller of callers) caller.close();
  process.send?.(result);
}

process.on("message", (load: HttpLoad) => {
  run(load).catch((error: unknown) => process.send?.({ failed: error instanceof Error ? error.message : String(error) }));
});

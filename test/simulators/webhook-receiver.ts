import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Takes webhooks over real HTTP and lets a test wait for what it expects, without sleeping. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: readonly ReceivedWebhook[];
  /** Answers all further webhooks with this status. */
  answerWith(status: number): void;
  /** @throws after 10 s, naming what has come until then */
  until(what: string, holds: (received: readonly ReceivedWebhook[]) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const waitMaxMs = 10_000;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const watchers = new Set<() => void>();
  let status = 200;
  const server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk: string) => { body += chunk; }).on("end", () => {
      received.push({ headers: incoming.headers, body });
      outgoing.writeHead(status, { "content-length": 0 }).end();
      for (const watch of watchers) watch();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    received,
    answerWith: (code) => { status = code; },
    until: (what, holds) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => { finish(new Error(`waited ${waitMaxMs} ms for ${what}; ${received.length} webhooks came`)); }, waitMaxMs);
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        watchers.delete(watch);
        if (error) reject(error);
        else resolve();
      };
      const watch = (): void => { if (holds(received)) finish(); };
      watchers.add(watch);
      watch();
    }),
    stop: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

/** Asks again every few milliseconds, for states that nobody announces. @throws after 10 s */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + waitMaxMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${waitMaxMs} ms for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

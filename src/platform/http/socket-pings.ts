import type { WebSocket } from "ws";

/** Sockets are pinged in so many groups, one after the other: 10,000 pings at once would hold everybody up. */
const groupsMax = 30;

/** Pings every socket once an interval, and hangs up on those that did not answer the ping before. */
export class SocketPings {
  readonly #groups: readonly Set<WebSocket>[] = Array.from({ length: groupsMax }, () => new Set<WebSocket>());
  readonly #alive = new WeakSet<WebSocket>();
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #turn = 0;

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => {
      this.#turn = (this.#turn + 1) % groupsMax;
      this.#ping(this.#groups[this.#turn]);
    }, intervalMs / groupsMax).unref();
  }

  add(socket: WebSocket): void {
    this.#alive.add(socket);
    socket.on("pong", () => this.#alive.add(socket));
    this.#next = (this.#next + 1) % groupsMax;
    const group = this.#groups[this.#next];
    group?.add(socket);
    socket.once("close", () => { group?.delete(socket); });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #ping(group: ReadonlySet<WebSocket> = new Set()): void {
    for (const socket of group) {
      if (!this.#alive.delete(socket)) socket.terminate();
      else socket.ping();
    }
  }
}

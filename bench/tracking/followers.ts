import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FollowerAnswer, FollowerJob, Heard } from "./follower-messages.js";

/** Sockets that follow orders by their links, in a process of their own. */
export class Followers {
  readonly #child: ChildProcess;
  #answer = Promise.withResolvers<FollowerAnswer>();

  private constructor() {
    this.#child = fork(fileURLToPath(new URL("./follower-process.js", import.meta.url)), { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", (answer: FollowerAnswer) => {
      if (answer.kind === "failed") this.#answer.reject(new Error(answer.why));
      else this.#answer.resolve(answer);
    });
    this.#child.on("exit", (code, signal) => { this.#answer.reject(new Error(`the followers' process ended: ${String(code ?? signal)}`)); });
  }

  /** Resolves when every socket has had its snapshot. */
  static async open(url: string, tokens: readonly string[], socketsEach: number): Promise<Followers> {
    const followers = new Followers();
    await followers.#ask({ kind: "open", url, tokens, socketsEach });
    return followers;
  }

  /** What was heard since it was asked last. */
  async heard(): Promise<readonly Heard[]> {
    const answer = await this.#ask({ kind: "report" });
    if (answer.kind !== "heard") throw new Error(`the followers answered ${answer.kind}`);
    return answer.news;
  }

  /** All sockets break at once. */
  async close(): Promise<void> {
    this.#answer.promise.catch(() => undefined); // its end is what is wanted
    const ended = new Promise((resolve) => { this.#child.once("exit", resolve); });
    this.#child.disconnect();
    await ended;
  }

  async #ask(job: FollowerJob): Promise<FollowerAnswer> {
    this.#answer = Promise.withResolvers<FollowerAnswer>();
    this.#child.send(job);
    return this.#answer.promise;
  }
}

import type { Logger } from "../../platform/log/logger.js";
import { startSimulatorServer, type SimulatorHandler, type SimulatorServer } from "../simulator-server.js";

/** A server whose address stays while it refuses connections: its listening socket is then really closed. */
export class CourierDoor {
  readonly url: string;
  readonly port: number;
  readonly #handle: SimulatorHandler;
  readonly #logger: Logger;
  #server: SimulatorServer | null;
  #moves: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(server: SimulatorServer, handle: SimulatorHandler, logger: Logger) {
    this.url = server.url;
    this.port = server.port;
    this.#server = server;
    this.#handle = handle;
    this.#logger = logger;
  }

  /** @throws EADDRINUSE */
  static async open(port: number, handle: SimulatorHandler, logger: Logger): Promise<CourierDoor> {
    return new CourierDoor(await startSimulatorServer(port, handle, logger), handle, logger);
  }

  /** Closes or opens soon; says the same again without harm. */
  refuse(refuses: boolean): void {
    this.#moves = this.#moves.then(() => this.#move(refuses)).catch((error: unknown) => {
      // Somebody took the port meanwhile: whoever asks next tries again.
      this.#logger.warn({ err: error, port: this.port }, "simulator cannot open its door");
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#moves;
    await this.#server?.stop();
  }

  async #move(refuses: boolean): Promise<void> {
    if (this.#stopped || refuses === (this.#server === null)) return;
    if (this.#server) {
      const closing = this.#server.stop();
      this.#server = null;
      await closing;
    } else {
      this.#server = await startSimulatorServer(this.port, this.#handle, this.#logger);
    }
  }
}

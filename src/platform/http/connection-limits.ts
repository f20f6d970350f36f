import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { Counter, type Registry } from "prom-client";
import type { Settings } from "../config/config.js";
import { clientAddresses } from "../rate-limits/client-address.js";

export type ConnectionSettings = Pick<Settings, "CONNECTIONS_MAX" | "CONNECTIONS_PER_ADDRESS_MAX" | "TRUSTED_PROXIES" | "RATE_LIMIT_EXEMPT">;

/**
 * Bounds the connections of the process and of each address, WebSockets among them. Behind trusted proxies all come from
 * few addresses, and exempt addresses are our own: neither is bounded by address.
 */
export function limitConnections(server: Server, settings: ConnectionSettings, registry: Registry): void {
  const refused = new Counter({ name: "millrace_connections_refused_total", help: "Connections closed at once, by the bound that was reached.", registers: [registry], labelNames: ["bound"] });
  server.maxConnections = settings.CONNECTIONS_MAX;
  server.on("drop", () => { refused.inc({ bound: "process" }); });
  if (settings.TRUSTED_PROXIES !== undefined) return;

  const addressOf = clientAddresses(settings);
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const { key, exempt } = addressOf({ socket, headers: {} } as IncomingMessage);
    if (exempt) return;
    const count = open.get(key) ?? 0;
    if (count >= settings.CONNECTIONS_PER_ADDRESS_MAX) {
      refused.inc({ bound: "address" });
      socket.destroy();
      return;
    }
    open.set(key, count + 1);
    socket.once("close", () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  });
}

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Where the connection is cut: before the server sees COMMIT, or when it has committed and nobody has heard of it. */
export type CommitFault = "before the server sees it" | "after the server has done it";

/** A way to PostgreSQL that breaks to order. */
export interface FaultProxy {
  /** The same database by way of the proxy. */
  readonly url: string;
  /** Cuts the next connection that commits; with `andStayDown` nobody gets through afterwards. */
  cutAtCommit(fault: CommitFault, options?: { readonly andStayDown?: boolean }): void;
  /** Resolves when the ordered cut was made. */
  cutMade(): Promise<void>;
  /** Cuts every connection and lets no new one through. */
  goDown(): void;
  /** Takes everything and answers nothing, like a server that was unplugged. */
  goSilent(): void;
  comeBack(): void;
  close(): Promise<void>;
}

// A simple query with its length, and the server's word that it was done.
const commitQuery = Buffer.from("Q\0\0\0\x0bCOMMIT\0", "latin1");
const commitDone = Buffer.from("C\0\0\0\x0bCOMMIT\0", "latin1");

export async function openFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let state: "up" | "down" | "silent" = "up";
  let armed: { fault: CommitFault; andStayDown: boolean } | null = null;
  let made = Promise.withResolvers<undefined>();

  const cutAll = (): void => { for (const socket of open) socket.destroy(); };
  const cut = (one: Socket, other: Socket): void => {
    if (armed?.andStayDown) state = "down";
    armed = null;
    one.destroy();
    other.destroy();
    if (state === "down") cutAll();
    made.resolve(undefined);
  };
  const track = (socket: Socket): void => {
    open.add(socket);
    socket.on("error", () => undefined); // the other side hears of it by "close"
    socket.once("close", () => open.delete(socket));
  };

  const server = createServer((client) => {
    track(client);
    if (state === "down") {
      client.destroy();
      return;
    }
    const upstream = connect({ host: hostname, port: Number(port) });
    track(upstream);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
    client.on("data", (chunk) => {
      if (state === "silent") return;
      const at = armed?.fault === "before the server sees it" ? chunk.indexOf(commitQuery) : -1;
      if (at < 0) upstream.write(chunk);
      else upstream.write(chunk.subarray(0, at), () => { cut(client, upstream); });
    });
    upstream.on("data", (chunk) => {
      if (state === "silent") return;
      if (armed?.fault === "after the server has done it" && chunk.includes(commitDone)) cut(client, upstream);
      else client.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const url = new URL(target);
  url.host = `127.0.0.1:${String(address.port)}`;

  return {
    url: url.href,
    cutAtCommit(fault, { andStayDown = false } = {}) {
      armed = { fault, andStayDown };
      made = Promise.withResolvers();
    },
    cutMade: () => made.promise,
    goDown() {
      state = "down";
      cutAll();
    },
    goSilent() { state = "silent"; },
    comeBack() {
      // What was swallowed is lost to its connection.
      if (state === "silent") cutAll();
      state = "up";
    },
    async close() {
      cutAll();
      server.close();
      await once(server, "close");
    },
  };
}

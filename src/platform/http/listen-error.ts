/** The API cannot take its address. The message is one line for the person who started it. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  /** @param setting the one that chose the port */
  constructor(host: string, port: number, cause: unknown, setting = "PORT") {
    super(sentenceOf(host, port, cause, setting), { cause });
  }
}

function sentenceOf(host: string, port: number, cause: unknown, setting: string): string {
  const { code, message } = cause as Partial<NodeJS.ErrnoException>;
  switch (code) {
    case "EADDRINUSE": return `Port ${String(port)} on ${host} is taken by another program: stop it, or choose another port with ${setting}=${String(port + 1)}.`;
    case "EACCES": return `Port ${String(port)} needs privileges that this user lacks: choose one above 1023 with ${setting}=4000.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND": return `This machine has no address ${host}: set HOST to one that it has, or to 127.0.0.1.`;
    default: return `Cannot listen on ${host}:${String(port)}: ${message ?? String(cause)}`;
  }
}

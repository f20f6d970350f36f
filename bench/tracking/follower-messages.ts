/** What the benchmark asks of its followers' process. */
export type FollowerJob =
  /** Opens so many sockets on each token, and waits until each has its snapshot. */
  | { readonly kind: "open"; readonly url: string; readonly tokens: readonly string[]; readonly socketsEach: number }
  /** Hands over what was heard, and forgets it. */
  | { readonly kind: "report" };

export type FollowerAnswer =
  | { readonly kind: "opened" }
  | { readonly kind: "heard"; readonly news: readonly Heard[] }
  | { readonly kind: "failed"; readonly why: string };

/** A socket was told of a scan. */
export interface Heard {
  readonly token: number;
  readonly socket: number;
  readonly scan: number;
  readonly atMs: number;
}

/** One clock for all processes of the machine. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** How a scan is known again in what is pushed. */
export function cityOf(scan: number): string {
  return `Scan ${String(scan)}`;
}

export const scanInText = /"city":"Scan (\d+)"/;

/** Everything a client could make grow, with its bound. Sizes that operators tune stand in the settings. */
export interface ApiLimits {
  /** Words and signs of a document; 500 order lines written out take 4,000. */
  readonly tokensMax: number;
  /** Aliases of a document, fragments counted as often as they are used. */
  readonly aliasesMax: number;
  /** Fields of a document, fragments counted as often as they are used. */
  readonly fieldsMax: number;
  /** A client has so long to send a request's headers, and so long to send a whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often it is looked whose time is over. */
  readonly slowRequestCheckMs: number;
  /** A connection on which nothing moves is closed. Longer than any answer takes. */
  readonly connectionTimeoutMs: number;
  /** Longer than a load balancer's own, so that it is never us who close a connection it is about to use. */
  readonly keepAliveTimeoutMs: number;
  /** Operations at the same time on one socket. */
  readonly operationsPerSocketMax: number;
  readonly socketMessageBytesMax: number;
  /** A socket that does not say who it is in time is closed with 4408. */
  readonly connectionInitTimeoutMs: number;
  /** A ping goes out so often; a peer that has not answered by the next one is taken for dead. */
  readonly pingIntervalMs: number;
}

export const apiLimits: ApiLimits = {
  tokensMax: 10_000,
  aliasesMax: 200,
  fieldsMax: 2_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  slowRequestCheckMs: 2_000,
  connectionTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  operationsPerSocketMax: 100,
  socketMessageBytesMax: 262_144,
  connectionInitTimeoutMs: 5_000,
  pingIntervalMs: 15_000,
};

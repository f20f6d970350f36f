/** Where a read node is, and what it is called. */
export interface NodeAddress {
  /** Stable and unique, e.g. `node1`. */
  readonly name: string;
  /** As the application's role, which is no superuser. */
  readonly appUrl: string;
}

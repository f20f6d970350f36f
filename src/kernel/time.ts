/** Milliseconds from one RFC 3339 time to another; pure, so that deciders may compare the times they were handed. */
export function millisecondsBetween(earlier: string, later: string): number {
  return Date.parse(later) - Date.parse(earlier);
}

/** The moment so many milliseconds after a time; RFC 3339 UTC. */
export function after(time: string, milliseconds: number): string {
  return new Date(Date.parse(time) + milliseconds).toISOString();
}

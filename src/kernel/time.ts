/** Milliseconds from one RFC 3339 time to another; pure, so that deciders may compare the times they were handed. */
export function millisecondsBetween(earlier: string, later: string): number {
  return Date.parse(later) - Date.parse(earlier);
}

/** Tells the year of a time (RFC 3339) in a time zone. @param timeZone IANA's name, e.g. Europe/Berlin */
export function yearIn(timeZone: string): (time: string) => number {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", { timeZone, year: "numeric" });
  return (time) => Number(format.format(new Date(time)));
}

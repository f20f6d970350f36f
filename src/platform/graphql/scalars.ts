import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { GraphQLCurrency } from "graphql-scalars";

/** RFC 3339, section 5.6: a date, a time, and an offset. Seconds may carry up to nine digits. */
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const plainDecimal = /^-?\d{1,15}(\.\d{1,9})?$/;

/** Text scalars differ only in what they accept and how they give it back. */
function textScalar(name: string, description: string, parse: (text: string) => string | null, serialize: (value: unknown) => string): GraphQLScalarType<string, string> {
  const accept = (value: unknown, node?: ValueNode): string => {
    const parsed = typeof value === "string" ? parse(value) : null;
    if (parsed === null) throw new GraphQLError(`${name} cannot represent ${JSON.stringify(value)}: ${description}`, node ? { nodes: node } : {});
    return parsed;
  };
  return new GraphQLScalarType<string, string>({
    name, description, serialize,
    parseValue: (value) => accept(value),
    parseLiteral: (node) => accept(node.kind === Kind.STRING ? node.value : null, node),
  });
}

/** A moment as text, in UTC. Date objects come from the driver, text from events. */
function toUtc(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" && value.endsWith("Z")) return value;
  const utc = typeof value === "string" ? readTime(value) : null;
  if (utc === null) throw new TypeError(`Not a moment: ${String(value)}`);
  return utc;
}

/** RFC 3339 with any offset as RFC 3339 UTC with milliseconds; null where it is no moment. */
export function readTime(text: string): string | null {
  if (!rfc3339.test(text)) return null;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

export const DateTime = textScalar(
  "DateTime", "A moment in RFC 3339, in UTC: `2026-01-31T09:05:00.000Z`. Other offsets are accepted and turned into UTC.", readTime, toUtc,
);

export const Decimal = textScalar(
  "Decimal", "A plain decimal number as text, so that no cent is lost on the way: `\"19.99\"`.",
  (text) => (plainDecimal.test(text) ? text : null), String,
);

/** The library knows the codes. What we send was checked when it came in, so it is not checked again per row. */
export const CurrencyCode = new GraphQLScalarType<string, string>({
  ...GraphQLCurrency.toConfig(), name: "CurrencyCode", description: "An ISO 4217 currency: `EUR`.", serialize: String,
});

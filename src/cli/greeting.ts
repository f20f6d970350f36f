import type { Settings } from "../platform/config/config.js";
import { demoCustomerId } from "./seed.js";
import { mintToken } from "./token.js";

interface Greeting {
  readonly settings: Settings;
  readonly url: string;
  /** Products that were seeded now; null where there was data already. */
  readonly seeded: number | null;
  /** Pages of the simulators that run along, and what they stand in for. */
  readonly simulators: readonly (readonly [party: string, url: string])[];
  readonly report: (line: string) => void;
}

const demoTokenSeconds = 30 * 86_400;

/** Says where everything is, and hands out a token for each role. */
export async function greet({ settings, url, seeded, simulators, report }: Greeting): Promise<void> {
  report("");
  report("Millrace runs. Stop it with Ctrl-C; its data stays in " + settings.MILLRACE_DATA_DIR + ".");
  if (seeded !== null) report(`A catalog of ${String(seeded)} products was made to try things with.`);
  report("");
  report(`  GraphQL    ${url}/graphql   (also ${url.replace("http", "ws")}/graphql, graphql-transport-ws)`);
  report(`  GraphiQL   ${url}/graphiql`);
  report(`  Health     ${url}/livez   ${url}/readyz   ${url}/metrics`);
  if (simulators.length > 0) report(`  Simulators ${simulators.map(([party, page]) => `${party} ${page}`).join("   ")}`);
  const { JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  if (secret === undefined) return;
  const customer = await mintToken({ secret, role: "customer", subject: demoCustomerId, ttlSeconds: demoTokenSeconds, issuer, audience });
  const operator = await mintToken({ secret, role: "operator", subject: "demo-operator", ttlSeconds: demoTokenSeconds, issuer, audience });
  report("");
  report(`  Customer token   ${customer}`);
  report(`  Operator token   ${operator}`);
  report("");
}

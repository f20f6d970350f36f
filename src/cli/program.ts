import { Command, InvalidArgumentError } from "commander";
import { readSettings, serverModeNeeds, type SettingName, type Settings } from "../platform/config/config.js";
import { createLogger, type Logger } from "../platform/log/logger.js";
import { createMetrics } from "../platform/metrics/metrics.js";
import { projectorQueues } from "../platform/projector/queues.js";
import { primaryQueues } from "./consumers.js";
import { addBreakersCommand } from "./breakers-command.js";
import { addCouriersCommand } from "./couriers-command.js";
import { addDeadLettersCommand } from "./dead-letters/dead-letters-command.js";
import { addDemoCommand } from "./demo/demo-command.js";
import { addDrillCommand } from "./drill/drill-command.js";
import { targetsFor } from "./embedded-targets.js";
import { migrate } from "./migrate.js";
import { plainMessageOf } from "./plain-message.js";
import { readTables } from "./projections.js";
import { rebuild } from "./rebuild.js";
import { redriveParked } from "./redrive.js";
import { addReconcileCommand } from "./reconcile-command.js";
import { addReplayCommand } from "./replay/replay-command.js";
import { resync } from "./resync.js";
import { mintToken } from "./token.js";

const resyncWaitMs = 600_000;

/** The command line. Sets `process.exitCode`; never throws. */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...argv]);
  } catch (error) {
    process.exitCode = 1;
    console.error(plainMessageOf(error) ?? error);
    // A part that is still open must not keep a failed program alive.
    setTimeout(() => process.exit(1), 2_000).unref();
  }
}

interface Surroundings {
  readonly settings: Settings;
  readonly logger: Logger;
}

function surroundings(needed: readonly SettingName[] = [], where?: string): Surroundings {
  const settings = readSettings(process.env, needed, where);
  return { settings, logger: createLogger(settings.LOG_LEVEL) };
}

/** Of a command that tells a person itself how it went: a log beside that is for those who ask for one. */
function quietSurroundings(): Surroundings {
  const { settings, logger } = surroundings();
  return { settings, logger: process.env["LOG_LEVEL"] === undefined ? createLogger("error") : logger };
}

const say = (line: string): void => { console.log(line); };

function program(): Command {
  const millrace = new Command("millrace").description("An order-to-delivery backend.").showHelpAfterError();
  serverCommands(millrace);
  databaseCommands(millrace);
  toolCommands(millrace);
  addReconcileCommand(millrace, surroundings, say);
  addCouriersCommand(millrace, quietSurroundings, say);
  addDeadLettersCommand(millrace, () => surroundings(), say);
  addBreakersCommand(millrace, quietSurroundings, say);
  addReplayCommand(millrace, () => surroundings().settings);
  addDemoCommand(millrace, () => surroundings().settings);
  addDrillCommand(millrace, say);
  return millrace;
}

function serverCommands(millrace: Command): void {
  millrace.command("start").description("run everything in one process, on embedded servers")
    .action(async () => {
      const [{ start }, { schema }] = await Promise.all([import("./start.js"), import("./schema-of-all.js")]);
      const { settings, logger } = surroundings();
      await start({ settings, logger: settings.NODE_ENV === "development" && process.env["LOG_LEVEL"] === undefined ? createLogger("warn") : logger, registry: createMetrics(), schema: schema(), report: say });
    });
  for (const name of ["api", "worker", "projector"] as const) {
    const command = millrace.command(name).description({
      api: "serve GraphQL, webhooks, health and metrics", worker: "work off the jobs of the primary", projector: "fold the log on a read node",
    }[name]);
    if (name === "projector") command.option("--node <name>", "only this node, e.g. node1; every node of READ_DATABASE_URLS by default");
    command.action(async (options: { readonly node?: string }) => {
      const { runProcess } = await import("./processes.js");
      await runProcess(name, surroundings(serverModeNeeds[name]), options.node);
    });
  }
}

function databaseCommands(millrace: Command): void {
  millrace.command("migrate").description("bring the databases and their replication to what this version needs; harmless when repeated")
    .action(async () => {
      const { databaseTargets } = await import("./database-targets.js");
      await migrate({ targets: databaseTargets(surroundings().settings), primaryQueues, nodeQueues: projectorQueues, report: say });
    });
  millrace.command("rebuild").argument("<projection>").description("build a projection's table anew beside the live one, then switch")
    .action(async (projection: string) => {
      const { settings, logger } = surroundings();
      const { nodes } = await targetsFor(settings);
      logger.debug({ projection }, "rebuilding");
      process.exitCode = await rebuild(nodes, readTables, projection, say);
    });
  millrace.command("redrive").argument("<projection>").argument("<stream>").description("fold a stream's parked events again, after their reason is mended")
    .action(async (projection: string, streamId: string) => {
      const { nodes } = await targetsFor(surroundings().settings);
      process.exitCode = await redriveParked(nodes, readTables, projection, streamId, say);
    });
  millrace.command("resync").argument("<node>").description("throw a read node's copy away and make it anew")
    .action(async (nodeName: string) => {
      await resync({ targets: await targetsFor(surroundings().settings), nodeName, report: say, readyTimeoutMs: resyncWaitMs });
    });
}

function toolCommands(millrace: Command): void {
  millrace.command("token").description("mint a token for development")
    .requiredOption("--role <role>", "customer or operator", roleOf)
    .requiredOption("--subject <id>", "the customer's or operator's id", subjectOf)
    .option("--hours <hours>", "how long it is valid", hoursOf, 24)
    .action(async ({ role, subject, hours }: { readonly role: "customer" | "operator"; readonly subject: string; readonly hours: number }) => {
      const { JWT_SECRET, JWT_ISSUER, JWT_AUDIENCE } = surroundings().settings;
      const secret = JWT_SECRET ?? (await import("./embedded-targets.js")).keptJwtSecret(surroundings().settings);
      say(await mintToken({ secret: await secret, role, subject, ttlSeconds: hours * 3_600, issuer: JWT_ISSUER, audience: JWT_AUDIENCE }));
    });
  millrace.command("doctor").description("examine servers, replication, jobs, orders, stock, money, parcels and read rows; exit code 1 when anything is wrong")
    .option("--json", "for machines").option("--wait <seconds>", "first wait for quiet, at most that long", secondsOf, 0)
    .option("--provider", "compare the payment provider's own books too; needs PAYMENT_API_KEY")
    .action(async ({ json, wait, provider }: { readonly json?: true; readonly wait: number; readonly provider?: true }) => {
      const { doctor } = await import("./doctor/doctor.js");
      const { settings, logger } = surroundings(provider ? ["PAYMENT_API_KEY"] : [], "for --provider");
      const targets = await targetsFor(settings);
      const [{ serverDeployment }, { guardedPaymentProvider }] = await Promise.all([import("./deployment.js"), import("./payment-party.js")]);
      const providers = provider ? [guardedPaymentProvider(serverDeployment(settings, logger, createMetrics()))] : [];
      process.exitCode = await doctor(targets, { json: json === true, waitSeconds: wait, providers, print: say });
      for (const each of providers) each.close();
    });
  millrace.command("schema").description("print the GraphQL schema").option("--write", "into schema.graphql")
    .action(async ({ write }: { readonly write?: boolean }) => {
      const { schema, schemaFile } = await import("./schema-of-all.js");
      const { writeSchemaFile } = await import("./schema.js");
      const { printSchema } = await import("../platform/graphql/schema.js");
      if (write === true) await writeSchemaFile(schema(), schemaFile);
      else say(printSchema(schema()));
    });
  millrace.command("drift").description("check that generated files say what the code does")
    .action(async () => {
      const { drift } = await import("./drift.js");
      process.exitCode = await drift(say);
    });
}

function roleOf(text: string): "customer" | "operator" {
  if (text === "customer" || text === "operator") return text;
  throw new InvalidArgumentError("it is customer or operator");
}

function subjectOf(text: string): string {
  if (text.trim() !== "") return text;
  throw new InvalidArgumentError("it is an id, e.g. ann");
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (hours > 0 && Number.isFinite(hours)) return hours;
  throw new InvalidArgumentError("it is a number of hours above 0");
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new InvalidArgumentError("it is a number of seconds, 0 or more");
}

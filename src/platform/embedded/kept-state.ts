import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EmbeddedError, errorCode } from "./embedded-error.js";

const secret = z.string().min(16);

const keptSchema = z.object({
  format: z.literal(1),
  adminPassword: secret,
  appPassword: secret,
  secrets: z.object({
    jwtSecret: z.string().min(32),
    paymentApiKey: secret,
    paymentWebhookSecret: secret,
    courierApiKey: secret,
    courierWebhookSecret: secret,
  }),
  servers: z.record(z.string(), z.object({
    port: z.int().min(1).max(65_535),
    /** The data directory was whole once: nothing may ever make it again in its place. */
    made: z.boolean(),
  })),
});

/** What is kept beside the data, so that a restart finds the same servers with the same secrets. */
export type KeptState = z.infer<typeof keptSchema>;

/** Secrets that the program needs besides the databases' passwords. Webhook secrets are `whsec_` and base64. */
export type EmbeddedSecrets = Readonly<KeptState["secrets"]>;

const fileName = "servers.json";

/** @returns undefined at the very first start */
export async function readKept(dataDir: string): Promise<KeptState | undefined> {
  const path = join(dataDir, fileName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new EmbeddedError(`${path} is damaged, and the databases' passwords stand in it: restore it from a backup, or remove ${dataDir} to begin anew without its data.`, { cause: error });
  }
}

export function newKept(): KeptState {
  const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
  const webhookSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;
  return {
    format: 1,
    adminPassword: hex(24),
    appPassword: hex(24),
    secrets: {
      jwtSecret: hex(32),
      paymentApiKey: `sk_test_${hex(16)}`,
      paymentWebhookSecret: webhookSecret(),
      courierApiKey: hex(16),
      courierWebhookSecret: webhookSecret(),
    },
    servers: {},
  };
}

/** Replaces the file at once, so that a crash leaves the old one or the new one. */
export async function writeKept(dataDir: string, kept: KeptState): Promise<void> {
  const draft = join(dataDir, `${fileName}.new`);
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(kept, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(dataDir, fileName));
  await syncDirectory(dataDir);
}

/** Makes renames in a directory last over a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return; // there a directory cannot be opened
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** One part that this process works with. */
export interface HealthCheck {
  /** E.g. `primary`, `read node1`, `redis`. */
  readonly name: string;
  /** Resolves to what a person would like to know, e.g. `lag 12 ms`. @throws where the part does not work */
  check(): Promise<string>;
  /**
   * False where the process serves on without the part: its failure is shown, and no load balancer turns away
   * orders because a read node or Redis is down. True where absent.
   */
  readonly essential?: boolean;
}

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly essential: boolean;
  readonly detail: string;
}

export interface Readiness {
  /** Every essential part works. */
  readonly ok: boolean;
  readonly parts: readonly PartHealth[];
}

/** A part that does not answer in time does not work. */
const checkTimeoutMs = 2_000;

/**
 * Asks all parts at once. Callers that come while it asks get the same answer, so that many
 * load balancers cost no more than one.
 */
export function createReadiness(checks: readonly HealthCheck[], timeoutMs = checkTimeoutMs): () => Promise<Readiness> {
  let asking: Promise<Readiness> | null = null;
  const ask = async (): Promise<Readiness> => {
    const parts = await Promise.all(checks.map((check) => askPart(check, timeoutMs)));
    return { ok: parts.every((part) => part.ok || !part.essential), parts };
  };
  return () => {
    asking ??= ask().finally(() => { asking = null; });
    return asking;
  };
}

async function askPart(part: HealthCheck, timeoutMs: number): Promise<PartHealth> {
  const { name, essential = true } = part;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(`no answer within ${String(timeoutMs)} ms`)); }, timeoutMs);
  });
  try {
    return { name, ok: true, essential, detail: await Promise.race([part.check(), late]) };
  } catch (error) {
    return { name, ok: false, essential, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

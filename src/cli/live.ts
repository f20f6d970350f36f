import { InProcessLive } from "../platform/live/in-process-live.js";
import type { LivePort } from "../platform/live/live-port.js";
import { RedisLive } from "../platform/live/redis-live.js";
import type { Deployment } from "./deployment.js";

/** Redis between processes; where there is only one process, nothing is needed. */
export function openLive({ redisUrl, logger }: Pick<Deployment, "redisUrl" | "logger">): LivePort {
  return redisUrl === undefined ? new InProcessLive() : new RedisLive({ url: redisUrl, logger });
}

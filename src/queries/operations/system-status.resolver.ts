import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../../platform/http/request-context.js";
import { Essential } from "../../platform/overload/importance.js";
import type { Overload } from "../../platform/overload/overload.js";
import { SystemStatusType, type SystemStatusDetailsType } from "./system-status.type.js";

@Resolver()
export class SystemStatusResolver {
  @Essential()
  @Query(() => SystemStatusType, { description: "How the shop is: for everybody whether it runs degraded, for operators why." })
  systemStatus(@Ctx() { overload, actor }: RequestContext): SystemStatusType {
    const { isOn, sinceMs } = overload.degraded;
    return { degraded: isOn, degradedSince: sinceMs === null ? null : new Date(sinceMs), details: actor?.role === "operator" ? detailsOf(overload) : null };
  }
}

function detailsOf({ degraded: { wish }, level, eventLoopDelayMs, inFlight, bus, shed }: Overload): SystemStatusDetailsType {
  return {
    ...wish, level, eventLoopDelayMs, requestsInFlight: inFlight,
    lanes: Object.entries(bus?.waiting() ?? {}).map(([lane, waiting]) => ({ lane, waiting })),
    hotLanes: (bus?.hotLanes() ?? []).map(({ key: sku, lane, waiting }) => ({ sku, lane, waiting })),
    shed: Object.entries(shed).map(([what, count]) => ({ what, count })),
  };
}

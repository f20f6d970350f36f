import { requireOperator } from "../platform/auth/access.js";
import { askPrimary } from "../platform/dead-letters/ask-primary.js";
import { SystemError } from "../platform/errors.js";
import type { FileRoutes } from "../platform/http/context-of.js";
import { FilePlaces } from "../platform/http/file-places.js";
import { shipmentIds } from "../queries/shipping/shipment.type.js";

interface KeptLabel {
  readonly bytes: Buffer | null;
  readonly type: string | null;
  readonly voided: boolean;
  readonly kept: boolean;
}

// On the primary, for a label that was voided a moment ago must not be printed.
const labelSql = `
  SELECT l.bytes, l.content_type AS type, e.voided, e.kept
  FROM (SELECT bool_or(type IN ('ShipmentCancelled', 'ShipmentVoidRequested')) AS voided, bool_or(type = 'ShipmentLabelKept') AS kept
        FROM event_log WHERE stream_id = 'shipment-' || $1 AND type IN ('ShipmentBooked', 'ShipmentVoidRequested', 'ShipmentCancelled', 'ShipmentLabelKept')) e
  LEFT JOIN label l ON l.shipment_id = $1 WHERE e.voided IS NOT NULL`;

const endings: Readonly<Record<string, string>> = { "application/pdf": "pdf", "image/png": "png", "application/zpl": "zpl" };

/** Labels that one process sends at once; each has at most 1 MiB. */
const labelsMax = 8;
/** Longest time that a reader may take for one. */
const sendMaxMs = 30_000;

/**
 * `GET /labels/<shipment id>`, for operators: the file as the courier made it. 404 where there is none (yet), 410 where the label was
 * called off or its file was removed long after; 503 while `labelsMax` are being sent.
 */
export function labelRoutes(): FileRoutes {
  const places = new FilePlaces({ filesMax: labelsMax, sendMaxMs, refusal: "Too many labels are being sent already; repeat in a moment." });
  return (app, contextOf) => {
    app.get<{ Params: { id: string } }>("/labels/:id", async (request, reply) => {
      const context = await contextOf(request);
      requireOperator(context);
      places.take(reply.raw);
      const shipmentId = shipmentIds.decode(request.params.id);
      const [found] = shipmentId === null ? [] : await askPrimary(context.primary).query<KeptLabel>(labelSql, [shipmentId]);
      if (found?.voided) return reply.code(410).send({ error: "The label was called off: the parcel must not go with it." });
      const { bytes, type } = found ?? {};
      if (!bytes || !type) {
        if (found?.kept) return reply.code(410).send({ error: "The label's file was kept for 90 days." });
        throw new SystemError("NOT_FOUND", "There is no such label.");
      }
      return reply.type(type).header("content-disposition", `inline; filename="${request.params.id}.${endings[type] ?? "bin"}"`)
        .header("cache-control", "private, no-store").header("x-content-type-options", "nosniff").send(bytes);
    });
  };
}

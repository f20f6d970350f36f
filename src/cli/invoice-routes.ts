import type { FastifyReply } from "fastify";
import { requireActor } from "../platform/auth/access.js";
import type { Settings } from "../platform/config/config.js";
import { SystemError } from "../platform/errors.js";
import type { FileRoutes } from "../platform/http/context-of.js";
import { FilePlaces } from "../platform/http/file-places.js";
import type { RequestContext } from "../platform/http/request-context.js";
import type { InvoiceCardRow } from "../projections/invoices/invoice-card.projection.js";
import { customerLoader } from "../queries/customers/customer.loader.js";
import { pdfOf } from "../queries/invoices/document.pdf.js";
import { printedCreditNote, printedInvoice, type PrintedDocument, type Seller } from "../queries/invoices/document.js";
import { readInvoice } from "../queries/invoices/invoice.loader.js";
import { invoiceIds } from "../queries/invoices/invoice.type.js";

/** Documents that one process makes and sends at once: each takes some of the time that orders need. */
export const documentsMax = 4;
/** Longest time that a reader may take for one, which has at most some hundred kilobytes. */
const sendMaxMs = 30_000;

/**
 * `GET /invoices/<invoice id>.pdf` and `GET /invoices/<invoice id>/credit-notes/<number>.pdf`, with the caller's token: for the
 * buyer and for operators. 404 where there is none or it is another's; 503 while `documentsMax` are being made.
 */
export function invoiceRoutes({ SHOP_NAME, SHOP_ADDRESS, SHOP_TAX_ID, SHOP_TIME_ZONE }: Settings): FileRoutes {
  const seller: Seller = { name: SHOP_NAME, address: SHOP_ADDRESS, taxId: SHOP_TAX_ID ?? null, timeZone: SHOP_TIME_ZONE };
  const places = new FilePlaces({ filesMax: documentsMax, sendMaxMs, refusal: "Too many documents are being made already; repeat in a moment." });

  const send = async (reply: FastifyReply, context: RequestContext, id: string, print: Print): Promise<FastifyReply> => {
    const actor = requireActor(context);
    places.take(reply.raw);
    const orderId = invoiceIds.decode(id);
    const row = orderId === null ? null : await readInvoice(context, actor, orderId);
    const content = row && print(row, seller, await customerLoader(context).load(row.customerId));
    if (!content) throw new SystemError("NOT_FOUND", "There is no such invoice.");
    return reply.type("application/pdf").header("content-disposition", `inline; filename="${fileNameOf(content)}.pdf"`)
      .header("cache-control", "private, no-store").send(pdfOf(content));
  };

  return (app, contextOf) => {
    app.get<{ Params: { file: string } }>("/invoices/:file", async (request, reply) =>
      send(reply, await contextOf(request), withoutPdf(request.params.file), printedInvoice));
    app.get<{ Params: { id: string; file: string } }>("/invoices/:id/credit-notes/:file", async (request, reply) => {
      const { id, file } = request.params;
      const number = withoutPdf(file);
      return send(reply, await contextOf(request), id, (row, shop, buyer) => {
        const note = row.creditNotes.find((each) => each.number === number);
        return note ? printedCreditNote(row, note, shop, buyer) : null;
      });
    });
  };
}

type Print = (row: InvoiceCardRow, seller: Seller, buyer: Parameters<typeof printedInvoice>[2]) => PrintedDocument | null;

/** Empty, and so no id of anything, where the path does not end in `.pdf`. */
function withoutPdf(file: string): string {
  return file.endsWith(".pdf") ? file.slice(0, -".pdf".length) : "";
}

/** `Invoice INV-2026-000123` as a file's name. */
function fileNameOf({ title }: PrintedDocument): string {
  return title.split(" ").at(-1) ?? "document";
}

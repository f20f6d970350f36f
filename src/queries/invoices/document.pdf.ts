import { setImmediate as turn } from "node:timers/promises";
import PDFDocument from "pdfkit";
import type { PrintedDocument } from "./document.js";
import { printable } from "./pdf-text.js";

type Pdf = InstanceType<typeof PDFDocument>;

/** Points, 72 to an inch; A4 is 595 by 842. */
const page = { left: 50, right: 545, top: 50, bottom: 780 } as const;
const gap = 6;
const figureWidth = 75;
/** Rows made before others get a turn: some milliseconds. */
const rowsAtOnce = 20;

/**
 * Begins a document as a stream; it is written while it is read, a page's worth at a time, so that an invoice of hundreds
 * of lines holds nobody up. An error destroys the stream.
 */
export function pdfOf(content: PrintedDocument): Pdf {
  const issued = new Date(content.issuedAt);
  const pdf = new PDFDocument({
    size: "A4", margins: { top: page.top, left: page.left, right: 0, bottom: 0 },
    info: { Title: printable(content.title), Author: printable(content.seller[0] ?? ""), CreationDate: issued, ModDate: issued },
  });
  write(pdf, content).catch((error: unknown) => { pdf.destroy(error instanceof Error ? error : new Error(String(error))); });
  return pdf;
}

async function write(pdf: Pdf, { title, seller, buyer, facts, columns, rows, sums, total }: PrintedDocument): Promise<void> {
  await turn();
  const cursor = { y: page.top };
  lines(pdf, cursor, seller, true);
  cursor.y += 2 * gap;
  lines(pdf, cursor, buyer, false);
  cursor.y += 2 * gap;
  pdf.font("Helvetica-Bold").fontSize(16);
  cell(pdf, cursor, [[title, page.left, page.right - page.left, "left"]]);
  pdf.fontSize(9);
  for (const [name, value] of facts) pair(pdf, cursor, name, value, page.left, 110);
  cursor.y += 2 * gap;
  if (rows.length > 0) await table(pdf, cursor, columns, rows);
  for (const [name, amount] of sums) sum(pdf, cursor, name, amount);
  pdf.font("Helvetica-Bold");
  sum(pdf, cursor, ...total);
  pdf.end();
}

interface Cursor { y: number }
type Cell = readonly [text: string, x: number, width: number, align: "left" | "right"];

function lines(pdf: Pdf, cursor: Cursor, texts: readonly string[], bold: boolean): void {
  pdf.fontSize(9);
  for (const [index, text] of texts.entries()) {
    pdf.font(bold && index === 0 ? "Helvetica-Bold" : "Helvetica");
    cell(pdf, cursor, [[text, page.left, page.right - page.left, "left"]]);
  }
}

function pair(pdf: Pdf, cursor: Cursor, name: string, value: string, x: number, width: number): void {
  pdf.font("Helvetica");
  cell(pdf, cursor, [[name, x, width, "left"], [value, x + width + gap, page.right - x - width - gap, "left"]]);
}

async function table(pdf: Pdf, cursor: Cursor, columns: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  const first = page.right - page.left - (columns.length - 1) * (figureWidth + gap);
  const cellsOf = (texts: readonly string[]): Cell[] => texts.map((text, column) =>
    column === 0 ? [text, page.left, first, "left"] : [text, page.left + first + gap + (column - 1) * (figureWidth + gap), figureWidth, "right"]);
  const head = (): void => {
    pdf.font("Helvetica-Bold");
    cell(pdf, cursor, cellsOf(columns));
    pdf.moveTo(page.left, cursor.y).lineTo(page.right, cursor.y).lineWidth(0.5).stroke();
    cursor.y += gap;
    pdf.font("Helvetica");
  };
  head();
  for (const [index, row] of rows.entries()) {
    if (index % rowsAtOnce === rowsAtOnce - 1) await turn();
    cell(pdf, cursor, cellsOf(row), head);
  }
  pdf.moveTo(page.left, cursor.y).lineTo(page.right, cursor.y).lineWidth(0.5).stroke();
  cursor.y += gap;
}

function sum(pdf: Pdf, cursor: Cursor, name: string, amount: string): void {
  const width = 2 * figureWidth;
  cell(pdf, cursor, [[name, page.left, page.right - page.left - width - gap, "right"], [amount, page.right - width, width, "right"]]);
}

/** Texts beside each other; the highest says where the next ones begin. What does not fit begins a new page. */
function cell(pdf: Pdf, cursor: Cursor, cells: readonly Cell[], onNewPage?: () => void): void {
  const texts = cells.map(([text, ...place]) => [printable(text), ...place] as const);
  const height = Math.max(...texts.map(([text, , width]) => pdf.heightOfString(text, { width })));
  if (cursor.y + height > page.bottom && cursor.y > page.top) {
    pdf.addPage();
    cursor.y = page.top;
    onNewPage?.();
  }
  for (const [text, x, width, align] of texts) pdf.text(text, x, cursor.y, { width, align });
  cursor.y += height + 2;
}

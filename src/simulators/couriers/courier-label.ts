import type { SimulatorAnswer } from "../simulator-server.js";
import type { Parcel } from "./courier-records.js";

/** A label that a printer takes. Of the buyer it shows the city, since the books keep no more. */
export function labelAnswer({ booking }: Parcel, courierId: string, format: "pdf" | "zpl"): SimulatorAnswer {
  const lines = [courierId.toUpperCase(), booking.trackingCode, booking.deal?.service ?? "", `To ${ascii(booking.deal?.city ?? "")}`];
  return format === "pdf"
    ? { status: 200, body: Buffer.from(pdf(lines), "latin1"), headers: { "content-type": "application/pdf" } }
    : { status: 200, body: Buffer.from(zpl(lines, booking.trackingCode), "latin1"), headers: { "content-type": "application/zpl" } };
}

/** The fonts of both formats know no more without effort. */
function ascii(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").replaceAll(/[^\x20-\x7e]|[\\()^~]/g, "?");
}

/** A page of 4 × 6 inches, at 203 dots an inch. */
function zpl(lines: readonly string[], code: string): string {
  const texts = lines.map((line, index) => `^FO40,${40 + index * 60}^A0N,48,48^FD${line}^FS`);
  return `^XA^PW812^LL1218${texts.join("")}^FO40,400^BY3^BCN,200,Y,N,N^FD${code}^FS^XZ\n`;
}

/** PDF 1.4, one page of 4 × 6 inches, written by hand: its table needs the place of each object. */
function pdf(lines: readonly string[]): string {
  const text = `BT /F1 20 Tf 24 384 Td 28 TL ${lines.map((line) => `(${line}) Tj T*`).join(" ")} ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, "0")} 00000 n \n`;
  });
  const size = objects.length + 1;
  return `${file}xref\n0 ${size}\n0000000000 65535 f \n${places.join("")}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
}

import { unreadable } from "../../platform/http-client/json-answer.js";
import type { HttpAnswer, OutgoingRequest } from "../../platform/http-client/http-client.js";
import type { LabelFile } from "./courier-port.js";

/** What a printer takes; anything else is a page that tells of a trouble. */
const labelTypes: ReadonlySet<string> = new Set(["application/pdf", "image/png", "application/zpl"]);

/** @param answer read as `latin1`, so that every byte is there @throws GatewayError `unavailable` where it is no label */
export function toLabelFile(answer: HttpAnswer, request: OutgoingRequest): LabelFile {
  const contentType = answer.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (answer.text === "" || !labelTypes.has(contentType)) throw unreadable(answer, request, `no label but ${contentType}`);
  return { contentType, bytes: Buffer.from(answer.text, "latin1") };
}

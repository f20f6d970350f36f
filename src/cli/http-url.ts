import { InvalidArgumentError } from "commander";

/** Reads an option that is an address of the API. @throws InvalidArgumentError, which the command line shows beside the option */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("it is a URL, e.g. http://127.0.0.1:4000");
}

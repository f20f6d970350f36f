import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number within bounds. @throws InvalidArgumentError, which the command line shows beside the option */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < min || number > max) throw new InvalidArgumentError(`it is a whole number from ${min} to ${max}`);
    return number;
  };
}

import { PawlError } from "../base/errors/index.ts";

/** Reads an option that takes a whole number, 0 or more. @throws PawlError CLI_BAD_OPTION */
export function wholeNumber(option: string, command: string): (text: string) => number {
  return (text) => {
    if (!/^\d{1,15}$/.test(text)) {
      throw new PawlError("CLI_BAD_OPTION", { option, value: text, detail: "it takes a whole number", command });
    }
    return Number(text);
  };
}

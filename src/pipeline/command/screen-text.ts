import { stripVTControlCharacters } from "node:util";
import { harmless } from "../../base/control-characters.ts";

/**
 * Bytes that a command printed as text that cannot harm a terminal: colours and cursor movements are taken out, every
 * line ends in `\n`, and what is no valid UTF-8 or still a control character becomes U+FFFD.
 * @param options.cut the bytes are the end of something longer, so the first character may be a part of one
 */
export function screenText(bytes: Buffer, options: { readonly cut?: boolean } = {}): string {
  const first = options.cut === true ? startOfCharacter(bytes) : 0;
  const text = stripVTControlCharacters(bytes.toString("utf8", first, endOfCharacter(bytes)));
  return harmless(text.replace(/\r\n?/g, "\n"));
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function startOfCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && isContinuation(bytes[at])) {
    at += 1;
  }
  return at;
}

/** Where a character that is not complete begins at the end, else the length. */
function endOfCharacter(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at > bytes.length - 4 && isContinuation(bytes[at])) {
    at -= 1;
  }
  const lead = bytes[at] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at >= 0 && at + length > bytes.length ? at : bytes.length;
}

/** Latin-1 text stands for bytes here: one character is one byte. */

const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/**
 * Reads a name in C quotes (`"a/\303\244"`) at the start of `text`.
 *
 * @returns the bytes of the name and the length of the quoted form, or null when it is no such name
 */
export function readQuotedName(text: string): { readonly bytes: string; readonly length: number } | null {
  if (!text.startsWith('"')) {
    return null;
  }
  let bytes = "";
  for (let index = 1; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (char === '"') {
      return { bytes, length: index + 1 };
    }
    if (char !== "\\") {
      bytes += char;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(text.slice(index + 1, index + 4))?.[0];
    const escaped =
      octal === undefined ? escapes[text[index + 1] ?? ""] : String.fromCharCode(Number.parseInt(octal, 8));
    if (escaped === undefined) {
      return null;
    }
    bytes += escaped;
    index += octal === undefined ? 1 : 3;
  }
  return null;
}

/** A whole name, quoted or not; an unquoted one ends at a tab. Null when the quotes are wrong. */
export function readName(text: string): string | null {
  if (!text.startsWith('"')) {
    return text.split("\t", 1)[0] ?? "";
  }
  const quoted = readQuotedName(text);
  return quoted === null || !/^\t?$/.test(text.slice(quoted.length)) ? null : quoted.bytes;
}

/** `a/src/x` → `src/x`: what `git apply -p1` takes off. Null when there is nothing to take off. */
export function withoutPrefix(name: string): string | null {
  const cut = name.indexOf("/");
  return cut < 0 || cut === name.length - 1 ? null : name.slice(cut + 1);
}

/** Two names of 4,096 bytes, which is the most that systems take, each byte as an escape. */
const longestNames = 2 * 4 * 4096 + 100;

/** The two names of a `diff --git` line when they are the same, as for a file without text hunks. Null otherwise. */
export function sameNameOfHeader(rest: string): string | null {
  if (rest.length > longestNames) {
    return null;
  }
  const first = readQuotedName(rest);
  if (first !== null) {
    const second = readName(rest.slice(first.length + 1));
    return sameName(first.bytes, second);
  }
  for (let cut = rest.indexOf(" "); cut >= 0; cut = rest.indexOf(" ", cut + 1)) {
    const name = sameName(rest.slice(0, cut), readName(rest.slice(cut + 1)));
    if (name !== null) {
      return name;
    }
  }
  return null;
}

function sameName(first: string, second: string | null): string | null {
  const name = withoutPrefix(first);
  return name !== null && second !== null && withoutPrefix(second) === name ? name : null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as UTF-8 text, or null when they are none. */
export function utf8Name(bytes: string): string | null {
  try {
    return utf8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    return null;
  }
}

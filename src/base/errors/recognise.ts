import { fill } from "./error.ts";
import { errorTable } from "./table.ts";

interface Pattern {
  /** What is fixed in the message: before, between and behind its values. */
  readonly literals: readonly string[];
  /** The values between them. */
  readonly names: readonly string[];
  readonly fix: string;
}

let patterns: readonly Pattern[] | undefined;

/**
 * The fix that belongs to a message of the error table, for those who have only its text, as from a store.
 * @param known values that a fix may name and its message does not
 * @returns undefined for a text that is not of the table, and where the fix names something else
 */
export function fixFor(message: string, known: Readonly<Record<string, string>> = {}): string | undefined {
  patterns ??= Object.values(errorTable).map(patternOf).sort(moreSaidFirst);
  for (const pattern of patterns) {
    const found = valuesIn(message, pattern);
    if (found !== undefined) {
      const values: Record<string, string> = { ...known, ...found };
      return namesIn(pattern.fix).every((name) => name in values) ? fill(pattern.fix, values) : undefined;
    }
  }
  return undefined;
}

/**
 * A value may be a message itself, such as that of the command that failed: whose text is known sooner is the outer one.
 */
function moreSaidFirst({ literals: a }: Pattern, { literals: b }: Pattern): number {
  return (b[0] ?? "").length - (a[0] ?? "").length || b.join("").length - a.join("").length;
}

function patternOf({ message, fix }: { readonly message: string; readonly fix: string }): Pattern {
  return { literals: message.split(/\{\w+\}/), names: namesIn(message), fix };
}

/**
 * The values of a text, each as short as it can be; undefined where the text is another. Not by an expression: names of
 * files stand in messages, and one that is made for it would keep an expression busy for days.
 */
function valuesIn(text: string, { literals, names }: Pattern): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  let at = 0;
  for (const [index, literal] of literals.entries()) {
    const isLast = index === literals.length - 1;
    const end = isLast ? text.length - literal.length : text.indexOf(literal, at);
    if (end < at || (index === 0 && end !== 0) || !text.startsWith(literal, end)) {
      return undefined;
    }
    if (index > 0) {
      values[names[index - 1] as string] = text.slice(at, end);
    }
    at = end + literal.length;
  }
  return values;
}

const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

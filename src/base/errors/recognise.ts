import { fill } from "./error.ts";
import { errorTable } from "./table.ts";

interface Pattern {
  readonly message: RegExp;
  readonly fix: string;
  /** How many characters are fixed before the first value, and in all. */
  readonly literals: readonly [first: number, all: number];
}

let patterns: readonly Pattern[] | undefined;

/**
 * The fix that belongs to a message of the error table, for those who have only its text, as from a store.
 * @param known values that a fix may name and its message does not
 * @returns undefined for a text that is not of the table, and where the fix names something else
 */
export function fixFor(message: string, known: Readonly<Record<string, string>> = {}): string | undefined {
  patterns ??= Object.values(errorTable).map(patternOf).sort(moreSaidFirst);
  for (const { message: pattern, fix } of patterns) {
    const match = pattern.exec(message);
    if (match !== null) {
      const values: Record<string, string> = { ...known, ...match.groups };
      return namesIn(fix).every((name) => name in values) ? fill(fix, values) : undefined;
    }
  }
  return undefined;
}

/** A value may be a message itself, such as that of the command that failed: whose text is known sooner is the outer one. */
function moreSaidFirst({ literals: [firstA, allA] }: Pattern, { literals: [firstB, allB] }: Pattern): number {
  return firstB - firstA || allB - allA;
}

function patternOf({ message, fix }: { readonly message: string; readonly fix: string }): Pattern {
  const literals = message.split(/\{\w+\}/);
  const names = namesIn(message);
  const source = literals.map((literal, index) => {
    const name = names[index - 1];
    const value = names.indexOf(name ?? "") < index - 1 ? `\\k<${name}>` : `(?<${name}>[^]*?)`;
    return (name === undefined ? "" : value) + literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  return {
    message: new RegExp(`^${source.join("")}$`),
    fix,
    literals: [literals[0]?.length ?? 0, literals.join("").length],
  };
}

const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

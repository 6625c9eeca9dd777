import type { AnyStateMachine } from "xstate";
import { literal, quoted } from "./literal.ts";
import { type MachinePath, type PathStep, type PathsOptions, pathsFor } from "./paths.ts";

export interface EmitOptions extends Omit<PathsOptions, "cover"> {
  /** `transitions` unless given. */
  readonly cover?: PathsOptions["cover"] | undefined;
  /** Where the test file imports the machine from. */
  readonly machine: { readonly name: string; readonly from: string };
  /** Where it imports `startBare` from; `pawl/testing` unless given. */
  readonly testing?: string | undefined;
}

/**
 * The text of a vitest file that takes a machine along a small set of paths which cover it. It needs no further
 * generator: it reads as if written by hand, and may be changed by hand.
 * @throws PawlError TESTING_NOT_WRITABLE for a sample that has no source text, and those of `pathsFor`
 */
export function emitTestFile(machine: AnyStateMachine, options: EmitOptions): string {
  const set = pathsFor(machine, { ...options, cover: options.cover ?? "transitions" });
  const name = subjectName(machine.id, options.machine.name);
  const imports = [
    [options.testing ?? "pawl/testing", "startBare"],
    ["vitest", "describe, expect, test"],
    [options.machine.from, options.machine.name],
  ] as const;
  const lines = [
    ...imports
      .toSorted(([a], [b]) => importRank(a) - importRank(b) || (a < b ? -1 : 1))
      .map(([from, names]) => `import { ${names} } from ${quoted(from)};`),
    "",
    `describe(${quoted(machine.id)}, () => {`,
    ...set.paths.flatMap((path, index) => [
      ...(index === 0 ? [] : [""]),
      ...testLines(path, name, options.machine.name),
    ]),
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

/** Packages stand before files of one's own, as sorted imports have it; farther files before nearer ones. */
function importRank(from: string): number {
  return from.startsWith("./") ? 2 : from.startsWith("../") ? 1 : 0;
}

function testLines(path: MachinePath, name: string, machine: string): string[] {
  const lead = `    const ${name} = startBare(${machine}`;
  const input = path.input === undefined ? "" : `, ${literal({ input: path.input }, 4, lead.length + 2, 2)}`;
  return [
    `  test(${quoted(path.title)}, () => {`,
    `${lead}${input});`,
    expectLine(name, path.start),
    ...path.steps.flatMap((step) => ["", ...stepLines(step, name)]),
    "  });",
  ];
}

function stepLines(step: PathStep, name: string): string[] {
  const lead = `    ${name}.send(`;
  const { type, ...payload } = step.event;
  return [
    ...(step.cause === "outside" ? [] : [`    // ${step.label}`]),
    `${lead}${literal({ type, ...payload }, 4, lead.length, 2)});`,
    expectLine(name, step.value),
  ];
}

function expectLine(name: string, value: unknown): string {
  const lead = `    expect(${name}.state()).toEqual(`;
  return `${lead}${literal(value, 4, lead.length, 2)});`;
}

/** What the running machine is called in the test: the machine's id in camel case, never the name of the import. */
function subjectName(id: string, imported: string): string {
  const words = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const camel = words.map((word, index) =>
    index === 0 ? word.charAt(0).toLowerCase() + word.slice(1) : word.charAt(0).toUpperCase() + word.slice(1),
  );
  const name = camel.join("");
  return name === imported || !/^[a-z]/.test(name) || reserved.has(name) ? "actor" : name;
}

const reserved = new Set(
  [
    "await break case catch class const continue debugger default delete do else enum export extends false finally for",
    "function if import in instanceof let new null return static super switch this throw true try typeof var void while",
    "with yield describe expect test startBare",
  ].flatMap((line) => line.split(" ")),
);

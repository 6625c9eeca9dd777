import type { MachineEntry } from "../../../machines/entry.ts";
import { type Diagram, type DiagramEdge, diagramOf, type PictureOptions } from "./diagram.ts";
import { kindLooks, type StateKind } from "./state-kind.ts";
import { fanLines, labelText } from "./words.ts";

/**
 * A machine as a Mermaid state diagram, the same picture as the SVG: what leads from many states to one stands in a
 * note at its target; additions and overrides are marked in words, as Mermaid cannot dash a single arrow.
 */
export function mermaidOf(entry: MachineEntry, options: PictureOptions = {}): string {
  const diagram = diagramOf(entry, options);
  return `${[
    "---",
    `title: ${entry.name} (${entry.namespace}, §${entry.section}, version ${entry.version})`,
    "---",
    "stateDiagram-v2",
    "  direction LR",
    `  [*] --> ${entry.initial}`,
    ...arrows(diagram.edges),
    ...entry.terminal.map((name) => `  ${name} --> [*]`),
    ...notes(diagram),
    ...classes(diagram),
  ].join("\n")}\n`;
}

const marks = { source: "", addition: " [since 1.1.0]", override: " [override]" };

/** One arrow for all that leads from one state to another: Mermaid lays several upon each other. */
function arrows(edges: readonly DiagramEdge[]): string[] {
  const words = new Map<string, string[]>();
  for (const edge of edges) {
    const ends = `${edge.from} --> ${edge.to}`;
    const labels = edge.labels.map((label) => labelText(label) + marks[edge.style]);
    words.set(ends, [...(words.get(ends) ?? []), ...labels]);
  }
  return [...words].map(([ends, labels]) => `  ${ends}: ${labels.join("<br/>")}`);
}

function notes(diagram: Diagram): string[] {
  const targets = [...new Set(diagram.fans.map((fan) => fan.to))];
  return targets.flatMap((to) => [
    `  note left of ${to}`,
    ...diagram.fans
      .filter((fan) => fan.to === to)
      .map((fan) => {
        const [first, ...rest] = fanLines(fan);
        return `    ${first}${marks[fan.style]} ${rest.join(" ")}`;
      }),
    "  end note",
  ]);
}

function classes(diagram: Diagram): string[] {
  const kinds = [...new Set(diagram.states.map((part) => part.kind))];
  const lines = kinds.flatMap((kind) => {
    const { fill, line } = kindLooks[kind];
    const names = diagram.states.filter((part) => part.kind === kind).map((part) => part.state.name);
    const border = kind.endsWith("-end") ? ",stroke-width:4px" : "";
    return [
      `  classDef ${className(kind)} fill:${fill},stroke:${line},color:#212529${border}`,
      `  class ${names.join(",")} ${className(kind)}`,
    ];
  });
  const added = diagram.states.filter((part) => part.state.since !== "1.0.0").map((part) => part.state.name);
  if (added.length > 0) {
    lines.push("  classDef added stroke-dasharray:6 3", `  class ${added.join(",")} added`);
  }
  const marked = [
    ["visited", "stroke:#1971c2,stroke-width:2px", diagram.states.filter((part) => part.visited && !part.present)],
    ["present", "stroke:#1971c2,stroke-width:5px,font-weight:bold", diagram.states.filter((part) => part.present)],
  ] as const;
  for (const [name, look, parts] of marked) {
    if (parts.length > 0) {
      lines.push(`  classDef ${name} ${look}`, `  class ${parts.map((part) => part.state.name).join(",")} ${name}`);
    }
  }
  return lines;
}

/** Mermaid takes no hyphen in a class. */
function className(kind: StateKind): string {
  return kind.replace("-", "_");
}

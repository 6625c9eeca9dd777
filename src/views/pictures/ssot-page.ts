import type { MachineEntry, Namespace, TransitionEntry } from "../../../machines/entry.ts";
import { code, markdownTable } from "./markdown.ts";
import { mermaidOf } from "./mermaid.ts";
import { derivation, eventRules, persistenceRules, recoveryRules } from "./ssot-prose.ts";
import { traceability } from "./traceability.ts";
import { stateTableOf, transitionTableOf } from "./transition-table.ts";

const documentId = "DOC-SSOT-STATE-MACHINES-001";

const titles: Readonly<Record<Namespace, string>> = { orchestration: "Orchestration", uet: "UET" };

/** The whole catalogue on one Markdown page, generated: what the machines are is said in the machines and nowhere else. */
export function ssotPage(entries: readonly MachineEntry[]): string {
  const spaces = [...new Set(entries.map((entry) => entry.namespace))];
  const machineSections = spaces.flatMap((space, index) => {
    const own = entries.filter((entry) => entry.namespace === space);
    return [`## ${index + 1}. ${titles[space]} (\`${space}\`)`, ...own.flatMap(machineSection)];
  });
  const next = spaces.length + 1;
  return `${[
    frontMatter(entries),
    "# State machines: single source of truth",
    "Generated from `machines/catalogue.ts` by `npm run visualize`; do not edit. The numbers after § are sections of the source document.",
    "## Index",
    ["```json", JSON.stringify(indexOf(entries), undefined, 2), "```"].join("\n"),
    ...machineSections,
    `## ${next}. Cross-machine derivation`,
    derivation,
    `## ${next + 1}. Persistence`,
    persistenceRules,
    storedStates(entries),
    `## ${next + 2}. Events`,
    eventRules,
    loudTransitions(entries),
    `## ${next + 3}. Recovery`,
    recoveryRules,
    overrides(entries),
    `## ${next + 4}. Change log`,
    changeLog(entries),
    `## ${next + 5}. Traceability`,
    traceability(entries),
  ].join("\n\n")}\n`;
}

function versionOf(entries: readonly MachineEntry[]): string {
  return entries[0]?.version ?? "0.0.0";
}

function frontMatter(entries: readonly MachineEntry[]): string {
  const scope = entries.map((entry) => `  - ${entry.namespace}/${entry.name}`);
  return ["---", `doc_id: ${documentId}`, `version: ${versionOf(entries)}`, "scope:", ...scope, "---"].join("\n");
}

function indexOf(entries: readonly MachineEntry[]): unknown {
  const pairs = (list: readonly TransitionEntry[]) => new Set(list.map(({ from, to }) => `${from} ${to}`)).size;
  return {
    doc_id: documentId,
    version: versionOf(entries),
    machines: entries.map((entry) => ({
      name: entry.name,
      namespace: entry.namespace,
      section: entry.section,
      initial: entry.initial,
      states: entry.states.map((state) => state.name),
      terminal: entry.terminal,
      transitions: entry.transitions.length,
      pairs: pairs(entry.transitions.filter((transition) => transition.override !== true)),
      diagram: `${entry.namespace}/${entry.name}.svg`,
    })),
    strict_1_0_0: {
      states: entries.flatMap((entry) => entry.states.filter((state) => state.since === "1.0.0")).length,
      pairs: entries.reduce((sum, entry) => sum + pairs(entry.transitions.filter((t) => t.since === "1.0.0")), 0),
    },
  };
}

function machineSection(entry: MachineEntry): string[] {
  const terminal = entry.terminal.length === 0 ? "none" : entry.terminal.map(code).join(", ");
  return [
    `### ${entry.section} ${entry.name}`,
    `One actor is ${entry.entity}. It starts in ${code(entry.initial)}; terminal: ${terminal}.`,
    `![State machine ${entry.name}](${entry.namespace}/${entry.name}.svg)`,
    ["```mermaid", mermaidOf(entry).trimEnd(), "```"].join("\n"),
    stateTableOf(entry),
    transitionTableOf(entry),
  ];
}

function storedStates(entries: readonly MachineEntry[]): string {
  return markdownTable(
    ["machine", "allowed in `state`", "cannot change any more"],
    entries.map((entry) => [
      code(entry.name),
      entry.states.map((state) => code(state.name)).join(", "),
      entry.terminal.map(code).join(", "),
    ]),
  );
}

function loudTransitions(entries: readonly MachineEntry[]): string {
  const rows = all(entries).filter(({ transition }) => transition.severity !== "info" && transition.override !== true);
  return markdownTable(
    ["machine", "transition", "trigger", "severity"],
    rows.map(({ entry, transition }) => [
      code(entry.name),
      arrow(transition),
      code(transition.trigger),
      transition.severity,
    ]),
  );
}

function overrides(entries: readonly MachineEntry[]): string {
  return markdownTable(
    ["machine", "override", "transition", "what happens"],
    all(entries)
      .filter(({ transition }) => transition.override === true)
      .map(({ entry, transition }) => [
        code(entry.name),
        code(transition.trigger),
        arrow(transition),
        transition.description,
      ]),
  );
}

/** Derived from what each state and transition says of its own beginning, so that nothing can be left out of it. */
function changeLog(entries: readonly MachineEntry[]): string {
  const rows = entries.flatMap((entry) => [
    ...entry.states
      .filter((state) => state.since !== "1.0.0")
      .map((state) => [state.since, code(entry.name), `state ${code(state.name)}`, state.description]),
    ...entry.transitions
      .filter((transition) => transition.since !== "1.0.0")
      .map((transition) => [
        transition.since,
        code(entry.name),
        `${arrow(transition)} on ${code(transition.trigger)}${transition.override === true ? " (override)" : ""}`,
        transition.description,
      ]),
  ]);
  return `Version 1.0.0 is the source document. Each version after it is compatible: it takes nothing away.\n\n${markdownTable(["version", "machine", "added", "what it is"], rows)}`;
}

function arrow({ from, to }: TransitionEntry): string {
  return `${code(from)} → ${code(to)}`;
}

function all(entries: readonly MachineEntry[]): { entry: MachineEntry; transition: TransitionEntry }[] {
  return entries.flatMap((entry) => entry.transitions.map((transition) => ({ entry, transition })));
}

import type { MachineEntry, StateEntry } from "../../../machines/entry.ts";

/** What a state means to a reader; decides its colour and nothing else. */
export type StateKind = "initial" | "normal" | "waiting" | "failure" | "good-end" | "bad-end" | "other-end";

/** Names are compared in lower case: `FAILED` of a gate means what `failed` of a task means. */
const waiting = new Set(["pending", "queued", "blocked", "retrying", "paused", "suspended", "draining", "half_open"]);
const failures = new Set(["unresponsive", "apply_failed", "open", "quarantined", "rolled_back", "failed"]);
const goodEnds = new Set(["succeeded", "completed", "passed", "committed", "done"]);

export function kindOf(entry: MachineEntry, state: StateEntry): StateKind {
  const name = state.name.toLowerCase();
  if (state.terminal) {
    const bad = failures.has(name) || isReachedByErrorsOnly(entry, state.name);
    return goodEnds.has(name) ? "good-end" : bad ? "bad-end" : "other-end";
  }
  if (state.initial) {
    return "initial";
  }
  return failures.has(name) ? "failure" : waiting.has(name) ? "waiting" : "normal";
}

/** An end that a machine outside this list calls by another name than `failed`. */
function isReachedByErrorsOnly(entry: MachineEntry, name: string): boolean {
  const into = entry.transitions.filter((transition) => transition.to === name && transition.override !== true);
  return into.length > 0 && into.every(({ severity }) => severity === "error" || severity === "critical");
}

export interface KindLook {
  /** In the legend. */
  readonly words: string;
  readonly fill: string;
  readonly line: string;
}

export const kindLooks: Readonly<Record<StateKind, KindLook>> = {
  initial: { words: "initial", fill: "#dbe4ff", line: "#364fc7" },
  normal: { words: "at work", fill: "#f8f9fa", line: "#495057" },
  waiting: { words: "waiting", fill: "#fff3bf", line: "#a87900" },
  failure: { words: "in trouble", fill: "#ffe8cc", line: "#d9480f" },
  "good-end": { words: "good end", fill: "#d3f9d8", line: "#2b8a3e" },
  "bad-end": { words: "bad end", fill: "#ffd8d8", line: "#c92a2a" },
  "other-end": { words: "other end", fill: "#e9ecef", line: "#868e96" },
};

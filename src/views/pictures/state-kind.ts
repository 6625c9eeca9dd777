import type { MachineEntry, StateEntry } from "../../../machines/entry.ts";

/** What a state means to a reader; decides its colour and nothing else. */
export type StateKind = "initial" | "normal" | "waiting" | "failure" | "good-end" | "bad-end" | "other-end";

/** Literal names: the `OPEN` of a breaker is trouble, the `open` of a door is not. */
const waiting = namesOf("pending PENDING queued blocked BLOCKED retrying paused suspended DRAINING HALF_OPEN");
const failures = namesOf("unresponsive apply_failed OPEN quarantined rolled_back failed FAILED");
const goodEnds = namesOf("succeeded completed PASSED committed done");

function namesOf(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}

export function kindOf(entry: MachineEntry, state: StateEntry): StateKind {
  const { name } = state;
  if (state.terminal) {
    const bad = failures.has(name) || isReachedByErrorsOnly(entry, name);
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

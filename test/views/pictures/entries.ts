import { setup } from "xstate";
import type { MachineEntry, Namespace, StateEntry, TransitionEntry } from "../../../machines/entry.ts";

interface Sketch {
  readonly name: string;
  readonly namespace?: Namespace;
  /** Names; `+` before one says since 1.1.0, `!` after one says terminal. The first is the initial one. */
  readonly states: string;
  /** A line each: `from, from > to trigger`; `+` before it says since 1.1.0, `!` says override. */
  readonly transitions: string;
}

/** A catalogue entry from a few words. */
export function sketched({ name, namespace = "orchestration", states, transitions }: Sketch): MachineEntry {
  const section = "1.4";
  const listed = states.split(" ").map((word, index): StateEntry => {
    const state = word.replace(/[+!]/g, "");
    const since = word.startsWith("+") ? "1.1.0" : "1.0.0";
    return {
      name: state,
      description: `it is ${state}`,
      initial: index === 0,
      terminal: word.endsWith("!"),
      section,
      since,
    };
  });
  const moves = transitions
    .trim()
    .split("\n")
    .flatMap((line): TransitionEntry[] => {
      const [, mark = "", from = "", to = "", trigger = ""] = /^\s*([+!]?)(.+) > (\S+) (\S+)$/.exec(line) ?? [];
      const override = mark === "!" ? { override: true as const } : {};
      const since = mark === "" ? "1.0.0" : "1.1.0";
      const severity = to === "failed" ? "error" : "info";
      const description = `${trigger} makes it ${to}`;
      return from
        .split(", ")
        .map((source) => ({ from: source, to, trigger, description, section, severity, since, ...override }));
    });
  return {
    name,
    namespace,
    section,
    version: "1.1.0",
    entity: `one ${name}`,
    machine: setup({}).createMachine({
      id: name,
      initial: listed[0]?.name ?? "",
      states: Object.fromEntries(listed.map((state) => [state.name, {}])),
    }),
    initial: listed[0]?.name ?? "",
    states: listed,
    terminal: listed.filter((state) => state.terminal).map((state) => state.name),
    transitions: moves,
  };
}

export const door = sketched({
  name: "door",
  states: "closed open +stuck gone!",
  transitions: `
closed > open push
open > closed pull
+open > stuck jam
!stuck > closed override_free
open > gone remove
open > gone burn`,
});

/** As large as any machine of the catalogue. */
export const errand = sketched({
  name: "errand",
  namespace: "uet",
  states: "pending queued blocked running validating completed! failed! retrying cancelled!",
  transitions: `
pending > queued scheduler_assigned
pending > blocked dependency_check_failed
pending > blocked gate_failed
blocked > pending dependency_satisfied
queued > running worker_started
running > validating execution_completed
running > retrying execution_failed
running > retrying timeout_exceeded
running > failed execution_failed
running > failed timeout_exceeded
retrying > queued retry_delay_elapsed
validating > completed validation_passed
validating > failed validation_failed
running > cancelled user_cancelled
+pending, queued, blocked, retrying, validating > cancelled user_cancelled
+blocked > cancelled upstream_not_completed
!pending, queued, blocked, running, validating, retrying > completed override_complete
!pending, queued, blocked, running, validating, retrying > failed override_fail
!queued, blocked, running, validating, retrying > pending override_reset
!blocked > pending override_unblock`,
});

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { MachineEntry } from "../../machines/index.ts";
import {
  catalogue,
  catalogueAt,
  changeLog,
  checkTransition,
  type EntityType,
  nextTransitions,
} from "../../machines/index.ts";

const entries = Object.values<MachineEntry>(catalogue);

interface SourceTransition {
  readonly from: string;
  readonly to: string;
  readonly trigger: string;
}
interface SourceMachine {
  readonly namespace: string;
  readonly section: string;
  readonly initial: string;
  readonly terminal: readonly string[];
  readonly states: Readonly<Record<string, string>>;
  readonly transitions: readonly SourceTransition[];
  readonly additions?: {
    readonly states: Readonly<Record<string, string>>;
    readonly transitions: readonly SourceTransition[];
  };
}

const sourceFile = fileURLToPath(new URL("../../../shared/spec/ssot.json", import.meta.url));
const source = existsSync(sourceFile)
  ? (JSON.parse(readFileSync(sourceFile, "utf8")) as { machines: Record<string, SourceMachine> }).machines
  : undefined;

const named = ({ from, to, trigger }: SourceTransition): string => `${from} → ${to} by ${trigger}`;

describe("the catalogue and its source", () => {
  test.skipIf(source === undefined)(
    "agree in every state, transition and trigger (skipped where the source is absent)",
    () => {
      for (const [name, machine] of Object.entries(source ?? {})) {
        const entry: MachineEntry = catalogue[name as EntityType];
        expect([entry.name, entry.namespace, entry.section, entry.initial]).toEqual([
          name,
          machine.namespace,
          machine.section,
          machine.initial,
        ]);
        expect([...entry.terminal].sort()).toEqual([...machine.terminal].sort());
        const states = { ...machine.states, ...machine.additions?.states };
        expect(Object.fromEntries(entry.states.map((state) => [state.name, state.description]))).toEqual(states);
        const declared = entry.transitions.filter(({ override }) => override !== true);
        const inSource = (since: string) =>
          (since === "1.0.0" ? machine.transitions : (machine.additions?.transitions ?? [])).map(named).sort();
        for (const since of ["1.0.0", "1.1.0"]) {
          expect([
            name,
            since,
            declared
              .filter((one) => one.since === since)
              .map(named)
              .sort(),
          ]).toEqual([name, since, inSource(since)]);
        }
      }
      expect(Object.keys(source ?? {}).sort()).toEqual(Object.keys(catalogue).sort());
    },
  );
});

describe("the catalogue", () => {
  test("has 51 states and 67 pairs in its strict first version", () => {
    const strict = catalogueAt("1.0.0");
    const pairs = strict.flatMap(({ transitions }) => [...new Set(transitions.map(({ from, to }) => `${from} ${to}`))]);
    expect([strict.flatMap(({ states }) => states).length, pairs.length]).toEqual([51, 67]);
  });

  test("says of each state and transition what it means and where it comes from", () => {
    for (const { states, transitions, section } of entries) {
      for (const thing of [...states, ...transitions]) {
        expect(thing.description).not.toBe("");
        expect(thing.section).toBe(section);
        expect(["1.0.0", "1.1.0"]).toContain(thing.since);
      }
      for (const { severity, override } of transitions) {
        expect(["info", "warning", "error", "critical"]).toContain(severity);
        expect(override === true ? severity : "warning").toBe("warning");
      }
    }
  });

  test("keeps the two namespaces apart: lower case in one, upper case for the workers and gates of the other", () => {
    const states = (namespace: string) =>
      entries.filter((entry) => entry.namespace === namespace).flatMap((entry) => entry.states.map(({ name }) => name));
    expect(states("orchestration").every((name) => name === name.toLowerCase())).toBe(true);
    expect(entries.filter(({ namespace }) => namespace === "uet").map(({ name }) => name)).toEqual([
      "uet_worker",
      "patch_ledger",
      "test_gate",
      "circuit_breaker",
    ]);
  });

  test("never leads out of a terminal state", () => {
    for (const { terminal, transitions } of entries) {
      expect(transitions.filter(({ from }) => terminal.includes(from))).toEqual([]);
    }
  });

  test("has an entry in the change log for each addition, and for nothing else", () => {
    const additions = entries.flatMap(({ states, transitions }) =>
      [...states, ...transitions].filter(({ since }) => since === "1.1.0"),
    );
    expect(changeLog.length).toBe(additions.length);
    expect(changeLog.map(({ what }) => what)).toContain("transition blocked → skipped by upstream_not_completed");
    expect(changeLog.every(({ since }) => since === "1.1.0")).toBe(true);
  });
});

describe("validity", () => {
  test("accepts every declared transition and refuses every other pair", () => {
    for (const { name, states, transitions, terminal } of entries) {
      for (const from of states) {
        for (const to of states) {
          const isDeclared = transitions.some((one) => one.from === from.name && one.to === to.name);
          const check = checkTransition(name as EntityType, from.name, to.name);
          expect([name, from.name, to.name, check.ok]).toEqual([name, from.name, to.name, isDeclared]);
          if (!check.ok) {
            expect(check.reason).toBe(terminal.includes(from.name) ? "terminal" : "undeclared");
          }
        }
      }
    }
  });

  test("asks for the trigger where one is named", () => {
    expect(checkTransition("task", "running", "failed", { trigger: "timeout_exceeded" }).ok).toBe(true);
    expect(checkTransition("task", "running", "failed", { trigger: "user_cancelled" })).toMatchObject({
      ok: false,
      reason: "undeclared",
    });
    expect(checkTransition("task", "nowhere", "failed")).toMatchObject({ ok: false, reason: "unknown_state" });
    expect(nextTransitions("circuit_breaker", "CLOSED").map(({ to }) => to)).toEqual(["OPEN"]);
  });
});

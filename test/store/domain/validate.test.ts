import { describe, expect, test } from "vitest";
import { catalogue, type EntityType } from "../../../machines/index.ts";
import {
  InvalidTransitionError,
  MonotonicProgressViolation,
  TerminalStateViolation,
} from "../../../src/base/errors/index.ts";
import { validateTransition } from "../../../src/store/domain/validate.ts";

describe("validateTransition", () => {
  test("gives the declared transition, with its section and severity", () => {
    expect(validateTransition("task", "running", "retrying", { trigger: "timeout_exceeded" })).toMatchObject({
      from: "running",
      to: "retrying",
      trigger: "timeout_exceeded",
      severity: "warning",
      section: "1.4",
    });
  });

  test("takes every declared transition of every machine, and its override", () => {
    for (const [name, { transitions }] of Object.entries(catalogue)) {
      for (const one of transitions) {
        expect(validateTransition(name, one.from, one.to, one)).toBe(one);
      }
    }
  });

  test("looks for a terminal state first, whatever the trigger", () => {
    const run = () => validateTransition("task", "completed", "pending", { trigger: "no_such_thing", id: "r/a.1" });
    expect(run).toThrow(TerminalStateViolation);
    expect(run).toThrow("task r/a.1 is completed, a terminal state");
    expect(() => validateTransition("task", "completed", "pending")).toThrow("task (unnamed) is completed");
  });

  test("says where an entity could go when the way is not declared", () => {
    const run = () => validateTransition("task", "pending", "running", { id: "r/a.1" });
    expect(run).toThrow(InvalidTransitionError);
    expect(run).toThrow(
      expect.objectContaining({
        code: "INVALID_TRANSITION",
        fix: expect.stringContaining("queued by scheduler_assigned, blocked by dependency_check_failed"),
      }),
    );
  });

  test("tells a way back from a way that is only missing", () => {
    expect(() => validateTransition("patch_ledger", "applied", "created")).toThrow(MonotonicProgressViolation);
    expect(() => validateTransition("run", "running", "pending")).toThrow(MonotonicProgressViolation);
    expect(() => validateTransition("task", "validating", "running")).not.toThrow(MonotonicProgressViolation);
  });

  test("every refusal that is not of a name is an InvalidTransitionError", () => {
    for (const [name, { states }] of Object.entries(catalogue)) {
      for (const from of states) {
        for (const to of states) {
          let error: unknown;
          try {
            validateTransition(name as EntityType, from.name, to.name);
          } catch (thrown) {
            error = thrown;
          }
          expect(error === undefined || error instanceof InvalidTransitionError).toBe(true);
          expect(error instanceof TerminalStateViolation).toBe(from.terminal);
        }
      }
    }
  });

  test.each([
    ["tsak", "pending", "queued", undefined, "ENTITY_TYPE_UNKNOWN", "task"],
    ["task", "pendign", "queued", undefined, "STATE_UNKNOWN", "pending"],
    ["task", "pending", "Queue", undefined, "STATE_UNKNOWN", "queued"],
    ["task", "pending", "queued", "scheduler_asigned", "TRIGGER_UNKNOWN", "scheduler_assigned"],
    ["constructor", "pending", "queued", undefined, "ENTITY_TYPE_UNKNOWN", "none of them"],
  ])("names the nearest for %s %s %s %s", (entity, from, to, trigger, code, near) => {
    expect(() => validateTransition(entity, from, to, { trigger })).toThrow(
      expect.objectContaining({ code, values: expect.objectContaining({ nearest: near }) }),
    );
  });
});

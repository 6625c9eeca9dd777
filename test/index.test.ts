import { expect, test } from "vitest";
import {
  InvalidTransitionError,
  nextTransitions,
  PawlError,
  TerminalStateViolation,
  validateTransition,
} from "../src/index.ts";

test("pawl tells whether a change of state is declared, terminal states first", () => {
  expect(validateTransition("task", "queued", "running")).toMatchObject({ trigger: "worker_started" });
  expect(() => validateTransition("task", "completed", "running")).toThrow(TerminalStateViolation);
  expect(() => validateTransition("task", "pending", "validating")).toThrow(InvalidTransitionError);
  expect(() => validateTransition("tsak", "queued", "running")).toThrow(PawlError);
  expect(nextTransitions("task", "queued").map(({ to }) => to)).toContain("running");
});

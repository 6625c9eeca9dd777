import { expect, test } from "vitest";
import { createActor, setup } from "xstate";
import { TerminalStateViolation } from "../../../src/base/errors/index.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";

const bindings = entityBindings({ patchContent: () => undefined });

/** A machine that calls itself a circuit breaker, and is a bad one. */
const badBreaker = setup({}).createMachine({
  id: "circuit_breaker",
  context: { tool_id: "t", failure_threshold: 1, cooldown_seconds: 1, success_threshold: 1, failure_count: 0 },
  initial: "CLOSED",
  states: { CLOSED: { on: { skip: "HALF_OPEN" } }, HALF_OPEN: {} },
});

test("a transition that no machine of the catalogue declares is refused before anything of it is written (I5)", async () => {
  const store = openSqlite({ file: ":memory:", components: [domainComponent] });
  const runtime = await openRuntime({
    store,
    machines: { circuit_breaker: { logic: badBreaker, entity: bindings.circuit_breaker } },
  });
  const actor = runtime.createActor("circuit_breaker", { id: "t" });
  const errors: unknown[] = [];
  actor.subscribe({ error: (error) => errors.push(error) });
  await runtime.settled();
  actor.send({ type: "skip" });
  await runtime.settled();
  expect(errors).toEqual([
    expect.objectContaining({
      code: "TRIGGER_UNKNOWN",
      values: expect.objectContaining({ entity: "circuit_breaker", trigger: "skip" }),
    }),
  ]);
  expect(store.auditsAfter(0, 10)).toEqual([]);
  expect(runtime.list().map(({ state, status }) => [state, status])).toEqual([["CLOSED", "error"]]);
  await runtime.close();
  store.close();
});

test("the check of a step names the entity, its terminal state first", () => {
  const { checkStep } = bindings.task;
  expect(() =>
    checkStep?.({ entityId: "r/a.1", from: "failed", to: "pending", trigger: "override_reset_task" }),
  ).toThrow(TerminalStateViolation);
  expect(() =>
    checkStep?.({ entityId: "r/a.1", from: "queued", to: "running", trigger: "worker_started" }),
  ).not.toThrow();
});

test("a patch whose content is not at hand makes no ledger entry", () => {
  const entry = {
    entityId: "r/p",
    from: undefined,
    to: "created",
    trigger: "xstate.init",
    event: { type: "xstate.init" },
    before: undefined,
    snapshot: createActor(
      setup({}).createMachine({ context: { run_id: "r", patch_id: "p", ws_id: "w", task_id: "t", retry_of: null } }),
    ).getSnapshot(),
    at: "2026-01-01T00:00:00.000Z",
  };
  expect(() => bindings.patch_ledger.rowsOf(entry)).toThrow(
    expect.objectContaining({ code: "PATCH_CONTENT_MISSING", values: { id: "r/p" } }),
  );
});

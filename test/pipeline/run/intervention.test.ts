import { expect, test } from "vitest";
import { type Intervention, type InterventionDoor, intervene } from "../../../src/pipeline/run/intervention.ts";

/** A run `r` in which these actors are in these states; a "!" behind one says that it is over. */
function doorTo(states: Readonly<Record<string, string>>) {
  const done: unknown[] = [];
  const door: InterventionDoor = {
    deliver: async (actor, event, key) => void done.push(["deliver", actor, event, key]),
    note: async (actor, note) => {
      // It takes its time until it is on disk.
      await new Promise(setImmediate);
      done.push(["note", actor, note.type, note.trigger, note.operator]);
    },
    stateOf: (actor) => {
      const state = states[actor];
      return state === undefined ? undefined : { state: state.replace("!", ""), isOver: state.endsWith("!") };
    },
  };
  const ask = (asked: Intervention, operators?: readonly string[]): Promise<void> =>
    intervene(door, "r", asked, {
      id: "k",
      configuration: operators === undefined ? {} : { operators: [...operators] },
      folder: "/state",
    });
  return { done, ask };
}

const reset = { kind: "override", name: "reset-task", entity: "w.a", operator: "ines", reason: "again" } as const;
const cancel = { kind: "cancel", operator: "ines" } as const;

test("what is asked of an entity that goes on is delivered to it once, under the id of the request", async () => {
  const { done, ask } = doorTo({ r: "running", "r/w/w.a": "running" });
  await ask(cancel);
  await ask({ ...cancel, reason: "enough" });
  await ask(reset, ["omar", "ines"]);
  expect(done).toEqual([
    ["deliver", "r", { type: "user_cancelled", operator: "ines" }, "k"],
    ["deliver", "r", { type: "user_cancelled", operator: "ines", reason: "enough" }, "k"],
    ["deliver", "r/w/w.a", { type: "override_reset_task", operator: "ines", reason: "again" }, "k"],
  ]);
});

test("an entity that is not there is named, and nothing is done", async () => {
  const { done, ask } = doorTo({ r: "running" });
  await expect(ask(reset)).rejects.toMatchObject({ code: "ENTITY_UNKNOWN", values: { id: "w.a", folder: "/state" } });
  const gone = doorTo({});
  await expect(gone.ask(cancel)).rejects.toMatchObject({ code: "ENTITY_UNKNOWN", values: { id: "r" } });
  expect([...done, ...gone.done]).toEqual([]);
});

test.each([
  ["operator", { ...reset, operator: " " }, " "],
  ["reason", { ...reset, reason: "\n" }, "ines"],
  ["operator", { ...cancel, operator: "" }, undefined],
] as const)("who leaves out the %s is refused, and the attempt is in the log", async (what, asked, operator) => {
  const { done, ask } = doorTo({ r: "running", "r/w/w.a": "running" });
  await expect(ask(asked)).rejects.toMatchObject({ code: "INTERVENTION_TEXT", values: { what, length: 0 } });
  const [actor, trigger] = asked.kind === "cancel" ? ["r", "user_cancelled"] : ["r/w/w.a", "override_reset_task"];
  expect(done).toEqual([["note", actor, "error", trigger, operator]]);
});

test("who is not among the operators is refused, and the attempt is in the log", async () => {
  const { done, ask } = doorTo({ r: "running", "r/w/w.a": "running" });
  await expect(ask(cancel, ["omar"])).rejects.toMatchObject({
    code: "UNAUTHORIZED",
    values: { operator: "ines", action: "user_cancelled of r", operators: "omar" },
  });
  await expect(ask(reset, [])).rejects.toMatchObject({ values: { action: "override_reset_task of w.a" } });
  expect(done).toEqual([
    ["note", "r", "error", "user_cancelled", "ines"],
    ["note", "r/w/w.a", "error", "override_reset_task", "ines"],
  ]);
});

test("a task that has ended is done again by a successor of the next number (I6)", async () => {
  const { done, ask } = doorTo({ "r/w": "executing", "r/w/w.a": "failed!", "r/w/w.a~r1": "failed!" });
  await ask(reset);
  const event = { type: "task_redone", task_id: "w.a", successor_id: "w.a~r2", operator: "ines", reason: "again" };
  expect(done).toEqual([
    ["deliver", "r/w", event, "k"],
    ["note", "r/w/w.a~r2", "manual_override", "override_reset_task", "ines"],
  ]);
});

test.each(["validating", "completed!"])("a task is not done again in a workstream that is %s", async (state) => {
  const { done, ask } = doorTo({ "r/w": state, "r/w/w.a": "failed!" });
  await expect(ask(reset)).rejects.toMatchObject({ code: "RESET_TOO_LATE", values: { workstream: "w" } });
  expect(done).toEqual([["note", "r/w/w.a", "error", "override_reset_task", "ines"]]);
});

test("a task that is completed is left to its machine, which refuses", async () => {
  const { done, ask } = doorTo({ "r/w": "executing", "r/w/w.a": "completed!" });
  await ask(reset);
  expect(done).toMatchObject([["deliver", "r/w/w.a", { type: "override_reset_task" }, "k"]]);
});

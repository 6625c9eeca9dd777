import { expect, test } from "vitest";
import { chooseRunId } from "../../../src/pipeline/run/run-ids.ts";

const commit = "c".repeat(40);

/** The id of a run, in a store of one run that has failed, and a repository with the branches of another store. */
const chosen = (planName: string, id?: string): Promise<string> =>
  chooseRunId(planName, {
    id,
    existing: [{ run: "p-1", state: "failed" }],
    taking: async (run) => (["p-2", "q"].includes(run) ? { branch: `pawl/${run}`, commit } : null),
  });

test.each([
  ["p", "p-3"],
  ["other", "other-1"],
  ["-_ Größe & co.", "Gr-e-co--1"],
  ["--", "run-1"],
  ["x".repeat(60), `${"x".repeat(50)}-1`],
])("a run of the plan %j is called %s: the next number that neither store nor repository has", async (name, run) => {
  expect(await chosen(name)).toBe(run);
});

test("a run is called what its user chose", async () => {
  expect(await chosen("p", "Mine_2-a")).toBe("Mine_2-a");
  expect(await chosen("p", "x".repeat(60))).toBe("x".repeat(60));
});

test.each(["", "-a", "_a", "a/b", "..", "a b", "a.lock", "ä", "x".repeat(61), "a\n"])(
  "a name that is no part of a branch, or too long, is refused: %j",
  async (id) => {
    await expect(chosen("p", id)).rejects.toMatchObject({ code: "RUN_NAME", message: expect.stringContaining(id) });
  },
);

test("a name that is taken is refused, with what has it", async () => {
  await expect(chosen("p", "p-1")).rejects.toMatchObject({
    code: "RUN_EXISTS",
    values: { run: "p-1", state: "failed" },
  });
  await expect(chosen("p", "q")).rejects.toMatchObject({
    code: "BRANCH_EXISTS",
    values: { branch: "pawl/q", blocker: "pawl/q", found: commit },
  });
});

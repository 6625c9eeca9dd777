import { expect, onTestFinished, test } from "vitest";
import { systemIds } from "../../../src/base/ids.ts";
import { systemClock } from "../../../src/base/time.ts";
import { Pipeline } from "../../../src/pipeline/run/index.ts";
import { stateFolderAt } from "../../../src/pipeline/state/index.ts";
import { setting } from "../git/setting.fixture.ts";

test("a run that is not in the store is named, and nothing is done", async () => {
  const { checkout, repository } = await setting();
  const state = stateFolderAt(checkout, undefined, checkout);
  const pipeline = await Pipeline.open({ repository, state, clock: systemClock, ids: systemIds(), env: {} });
  onTestFinished(() => pipeline.close());
  const unknown = { code: "RUN_UNKNOWN", values: { run: "r-7", folder: state.folder, known: "none" } };
  expect(() => pipeline.check("r-7")).toThrow(expect.objectContaining(unknown));
  await expect(pipeline.work("r-7")).rejects.toMatchObject(unknown);
  await expect(pipeline.intervene("r-7", { kind: "cancel", operator: "ines" }, "k")).rejects.toMatchObject(unknown);
  expect([pipeline.runs(), pipeline.unfinished()]).toEqual([[], undefined]);
});

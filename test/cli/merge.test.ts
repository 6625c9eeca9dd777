import { expect, test } from "vitest";
import { placeWith } from "./pawl.fixture.ts";

test("a run that did not succeed is merged only where that is asked for", async () => {
  const stream = (id: string, run: string) => `  - { id: ${id}, tasks: [{ id: t, run: '${run}' }] }\n`;
  const place = placeWith(
    `pawl: 1\nname: p\nworkstreams:\n${stream("good", "echo 1 > b.txt")}${stream("bad", "false")}`,
  );
  expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 1 });
  const before = place.git("rev-parse", "main");
  expect(await place.look("merge")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/p-1 .*failed.* \[RUN_NOT_SUCCEEDED\]/),
  });
  expect(place.git("rev-parse", "main")).toBe(before);
  expect(JSON.parse((await place.look("merge", "--force", "--json")).stdout)).toEqual({
    run: "p-1",
    into: "main",
    kind: "fast_forward",
    commit: place.git("rev-parse", "pawl/p-1"),
  });
  expect(place.git("show", "main:b.txt")).toBe("1");
});

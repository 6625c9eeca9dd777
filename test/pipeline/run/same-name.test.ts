import { join } from "node:path";
import { expect, test } from "vitest";
import { placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

test("a run takes nothing away from one of an earlier run's name that goes on in another state folder", async () => {
  const place = placeWith(planOf(["{ id: a, run: 'echo a > b.txt' }"]));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  place.git("branch", "--quiet", "-D", "pawl/p-1");
  const plan = planOf(["{ id: a, run: 'touch $MARK; until [ -e $GO ]; do sleep 0.02; done; echo a > b.txt' }"]);
  place.write("other.yaml", plan);
  place.env = { MARK: join(place.folder, "mark"), GO: join(place.folder, "go") };
  const { ended } = place.start("run", "other.yaml", "--state", "other");
  await appears(join(place.folder, "mark"));
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  place.write("go", "");
  expect(await ended).toMatchObject({ status: 0 });
  expect(place.git("show", "pawl/p-1:b.txt")).toBe("a");
});

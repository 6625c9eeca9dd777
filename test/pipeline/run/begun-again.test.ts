import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeWith, planOf } from "../../cli/pawl.fixture.ts";
import { appears } from "../../waiting.fixture.ts";

/** Notes begin and end; the first execution goes on until it is stopped, and takes its time then. */
const stubborn =
  "echo begin >> $LOG; trap 'sleep 0.5; echo end >> $LOG; exit 1' TERM; " +
  "if [ ! -e $MARK ]; then touch $MARK; while :; do sleep 0.02; done; fi; " +
  "sleep 0.2; echo end >> $LOG; echo a > a.txt";

test.each([
  { ended: "by a reset", task: `{ id: a, run: "${stubborn}" }` },
  { ended: "by its time-out", task: `{ id: a, run: "${stubborn}", timeout: 4s, retries: { max: 1, backoff: 0s } }` },
])("a task that was ended $ended is executed again when its command is gone, and no sooner", async ({ task }) => {
  const place = placeWith(planOf([task]));
  place.env = { MARK: join(place.folder, "mark"), LOG: join(place.folder, "log") };
  const { ended } = place.start("run", "plan.yaml");
  await appears(join(place.folder, "mark"));
  if (!task.includes("timeout")) {
    place.pawl("override", "reset-task", "w.a", "--operator", "ines", "--reason", "again");
  }
  expect(await ended).toMatchObject({ status: 0 });
  expect(readFileSync(join(place.folder, "log"), "utf8")).toBe("begin\nend\nbegin\nend\n");
  expect(place.git("show", "pawl/p-1:a.txt")).toBe("a");
});

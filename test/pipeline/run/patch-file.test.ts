import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/time.ts";
import { executeTask } from "../../../src/pipeline/run/effects/execute-task.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";

const planned = "the text that was checked\n";

/** Does a task whose patch is in a file that holds `text` by now, or is not there any more. */
async function executed(text: string | undefined): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "pawl-patch-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "x.patch");
  if (text !== undefined) {
    writeFileSync(file, text);
  }
  const sha256 = createHash("sha256").update(planned).digest("hex");
  const held: string[] = [];
  const patches = {
    countOf: () => 0,
    hold: (_id: string, content: Buffer) => {
      held.push(content.toString());
      return { sha256 };
    },
  };
  const site = {
    index: { task: () => ({ task: { kind: "patch", patch: { file, sha256 } } }) },
    services: { clock: systemClock, patches, repository: { root: folder } },
    rowId: (entity: string) => `r/${entity}`,
  } as unknown as RunSite;
  const input = { run_id: "r", ws_id: "w", task_id: "w.a", attempt: 1 } as Parameters<typeof executeTask>[1];
  await executeTask(site, input, new AbortController().signal);
  return held;
}

test("a patch is taken from its file as it was when the plan was read", async () => {
  expect(await executed(planned)).toEqual([planned]);
});

test.each([
  ["is gone", undefined, "it cannot be read any more"],
  ["has another content", "another text\n", "its content is another"],
])("a task whose patch file %s since is not done with it", async (_, text, detail) => {
  await expect(executed(text)).rejects.toMatchObject({ code: "PATCH_FILE_CHANGED", values: { detail } });
});

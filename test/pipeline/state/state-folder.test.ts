import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { claimStateFolder, stateFolderAt } from "../../../src/pipeline/state/index.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test.each(["repository", "with a space at its end ", "\tof tabs\t", "with a\nline break\n"])(
  "the state folder of a repository is its own again the next time: %j",
  async (name) => {
    const root = join(temporaryFolder(), name);
    const state = stateFolderAt(root, undefined, "/");
    await claimStateFolder(state, root);
    await claimStateFolder(state, root);
    await expect(claimStateFolder(state, root.slice(0, -1))).rejects.toMatchObject({
      code: "STATE_OF_ANOTHER_REPOSITORY",
    });
  },
);

test("what a process left that was killed while it wrote the owner is nobody's", async () => {
  const root = temporaryFolder();
  const state = stateFolderAt(root, ".", root);
  writeFileSync(join(root, "repository"), "");
  await claimStateFolder(state, root);
  await expect(claimStateFolder(state, "/elsewhere")).rejects.toMatchObject({ code: "STATE_OF_ANOTHER_REPOSITORY" });
});

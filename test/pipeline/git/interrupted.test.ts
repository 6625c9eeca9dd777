import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { GitConversation } from "../../../src/pipeline/git/conversation.ts";
import { runGit } from "../../../src/pipeline/git/process.ts";
import { checkoutWith, git, temporaryFolder } from "./setting.fixture.ts";

describe("a git that Ctrl-C at the terminal meets before it has begun is asked once more", () => {
  /** A checkout, and a git on the PATH that a Ctrl-C ends the first time that it is called. */
  function place(): { readonly cwd: string; readonly head: string } {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const head = git(cwd, "rev-parse", "HEAD");
    const [folder, real] = [temporaryFolder(), execFileSync("which", ["git"], { encoding: "utf8" }).trim()];
    const met = join(folder, "met");
    const script = `#!/bin/sh\n[ -e ${met} ] || { touch ${met}; kill -INT $$; }\nexec ${real} "$@"\n`;
    writeFileSync(join(folder, "git"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    return { cwd, head };
  }

  test("as a process for one question", async () => {
    const { cwd, head } = place();
    const { stdout } = await runGit({ cwd, args: ["rev-parse", "HEAD"] });
    expect(stdout.toString().trim()).toBe(head);
  });

  test("as one that answers many", async () => {
    const { cwd, head } = place();
    const asked = new GitConversation({ cwd, args: ["cat-file", "--batch-check"] });
    onTestFinished(() => asked.close());
    const answers = await Promise.all([asked.ask("HEAD\n", 1), asked.ask("HEAD\n", 1)]);
    expect(answers.flat()).toEqual([
      expect.stringContaining(`${head} commit`),
      expect.stringContaining(`${head} commit`),
    ]);
  });
});

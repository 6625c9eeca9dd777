import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commitAll, git, put, temporaryFolder } from "../git/setting.fixture.ts";
import { once } from "./crash/crash-run.ts";

const program = fileURLToPath(new URL("../../../dist/bin/pawl.js", import.meta.url));

const plan = `
pawl: 1
name: p
workstreams:
  - { id: a, tasks: [{ id: t, run: echo a > a.txt }] }
  - id: b
    tasks: [{ id: t, run: echo b > b.txt }, { id: u, depends_on: [t], run: echo c > c.txt }]
    depends_on: [a]
`;

/** An execution and three steps of its patch. */
const stepsOfTask = 4;
const stepsOfMerge = 2;

test.each([{ deleted: ["pawl/p-1"] }, { deleted: ["pawl-work/p-1/b"] }, { deleted: ["pawl/p-1", "pawl-work/p-1/b"] }])(
  "what is recorded is in the result of a run that is resumed after somebody deleted $deleted",
  ({ deleted }) => {
    const folder = temporaryFolder();
    const repository = join(folder, "repository");
    put(folder, { "repository/plan.yaml": plan });
    git(repository, "init", "-q", "-b", "main");
    git(repository, "config", "user.name", "Ann");
    git(repository, "config", "user.email", "ann@example.com");
    commitAll(repository, {}, "start");
    // The last task has been executed, and nobody has recorded it yet.
    expect(once(folder, { point: "effect.end", nth: stepsOfTask + stepsOfMerge + stepsOfTask + 1 })).toBeNull();
    git(repository, "branch", "-q", "-D", ...deleted);
    const resumed = spawnSync(process.execPath, [program, "resume"], { cwd: repository, encoding: "utf8" });
    expect(resumed).toMatchObject({ status: 0, stderr: "" });
    expect(git(repository, "log", "--no-merges", "--format=%s", "main..pawl/p-1").split("\n").sort()).toEqual([
      "a.t: echo a > a.txt",
      "b.t: echo b > b.txt",
      "b.u: echo c > c.txt",
    ]);
    expect(git(repository, "ls-tree", "--name-only", "pawl/p-1")).toBe("a.txt\nb.txt\nc.txt\nplan.yaml");
    expect(git(repository, "log", "--first-parent", "--format=%s", "pawl/p-1")).toBe(
      "Merge workstream b\nMerge workstream a\nstart",
    );
  },
);

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const workstreams = 10;

/** A repository of so many files in `folder/repository`, with patches that each change a file of their own. */
export function benchRepository(folder: string, files: number, patches = 0): void {
  const repository = join(folder, "repository");
  mkdirSync(join(repository, "patches"), { recursive: true });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: repository });
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Bench");
  git("config", "user.email", "bench@example.test");
  for (let index = 0; index < files; index += 1) {
    const place = join(repository, `folder-${index % 50}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `${index}.txt`), `file ${index}\nsecond line\n`);
  }
  git("add", "--all");
  for (let index = 0; index < patches; index += 1) {
    writeFileSync(join(repository, `folder-${index % 50}`, `${index}.txt`), `patched ${index}\nsecond line\n`);
  }
  const diff = execFileSync("git", ["diff", "--full-index"], { cwd: repository, encoding: "utf8" });
  diff
    .split(/^(?=diff --git )/m)
    .filter((part) => part !== "")
    .forEach((part, index) => {
      writeFileSync(join(repository, "patches", `${index}.patch`), part);
    });
  git("checkout", "--quiet", "--", ".");
  git("add", "--all");
  git("commit", "--quiet", "--message", "Begin");
}

/** Tasks that each run `true` and change nothing, in ten workstreams. */
export function commandPlan(tasks: number, concurrency: number): unknown {
  return {
    pawl: 1,
    name: "bench",
    base: "main",
    concurrency,
    workstreams: Array.from({ length: workstreams }, (_, workstream) => ({
      id: `w${workstream}`,
      tasks: Array.from({ length: tasks / workstreams }, (_, task) => ({
        id: `t${task}`,
        run: ["true"],
        changes: "none",
      })),
    })),
  };
}

/** The patches of `benchRepository`, dealt out to so many workstreams. */
export function patchPlan(patches: number, lanes: number): unknown {
  return {
    pawl: 1,
    name: "bench",
    base: "main",
    concurrency: lanes,
    workstreams: Array.from({ length: lanes }, (_, lane) => ({
      id: `lane${lane}`,
      tasks: Array.from({ length: patches / lanes }, (_, task) => ({
        id: `t${task}`,
        patch: `patches/${lane + task * lanes}.patch`,
      })),
    })),
  };
}

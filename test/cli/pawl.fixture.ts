import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, onTestFinished } from "vitest";
import { type Printed, printedBy } from "../printed.fixture.ts";
import { inThisProcess } from "./in-process.fixture.ts";

/** The compiled program: what a user runs. */
export const program = fileURLToPath(new URL("../../dist/bin/pawl.js", import.meta.url));

/** A `pawl` that nobody has waited for yet. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Printed>;
}

/** A repository in a folder of its own, and `pawl` in it. */
export class Place {
  readonly folder: string;

  /** @param whenDone is given what takes the place away */
  constructor(whenDone: (remove: () => void) => void = onTestFinished) {
    this.folder = mkdtempSync(join(tmpdir(), "pawl-cli-"));
    whenDone(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  write(name: string, text: string | Buffer): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  }

  pawl(...args: string[]): Printed {
    return this.pawlBy([], ...args);
  }

  /** @param starter a command with its arguments that starts another one, as another user for example */
  pawlBy(starter: readonly string[], ...args: string[]): Printed {
    const [file, ...all] = [...starter, process.execPath, program, ...args] as [string, ...string[]];
    const result = spawnSync(file, all, {
      cwd: this.folder,
      encoding: "utf8",
      env: { ...process.env, ...this.env },
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  }

  /** A command that changes nothing, in this process: a program of its own would spend its time on starting. */
  async look(...args: string[]): Promise<Printed> {
    return await inThisProcess({ cwd: this.folder, env: { ...process.env, ...this.env } }, ...args);
  }

  /** Starts pawl and does not wait. */
  start(...args: string[]): Started {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...this.env },
    });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    return { process: child, ended: printedBy(child) };
  }

  env: Record<string, string> = {};
}

/** A repository with one commit and a plan next to it, that is not part of the repository. */
export function placeWith(
  plan: string,
  files: Readonly<Record<string, string>> = { "a.txt": "one\n" },
  whenDone?: (remove: () => void) => void,
): Place {
  const place = new Place(whenDone);
  place.git("init", "--quiet", "--initial-branch=main");
  appendFileSync(join(place.folder, ".git/config"), "[user]\n\tname = Uma\n\temail = uma@example.test\n");
  for (const [name, text] of Object.entries(files)) {
    place.write(name, text);
  }
  place.git("add", "--all");
  place.git("commit", "--quiet", "--message", "Begin");
  place.write("plan.yaml", plan);
  return place;
}

/**
 * One run of `plan` for all tests of a `describe`, which look at what it has left. What the fields name is there once
 * the tests run.
 */
export function oneRun(
  plan: string,
  files?: Readonly<Record<string, string>>,
  prepare: (place: Place) => void = () => undefined,
): { readonly place: Place; readonly printed: Printed } {
  const run = {} as { place: Place; printed: Printed };
  beforeAll(() => {
    let remove = (): void => undefined;
    run.place = placeWith(plan, files, (taken) => {
      remove = taken;
    });
    prepare(run.place);
    run.printed = run.place.pawl("run", "plan.yaml");
    return remove;
  });
  return run;
}

/** A plan in which each task has a workstream of its own, `w0`, `w1`, …, which begins at the base. */
export function planOfEach(tasks: readonly string[], head = ""): string {
  const lines = tasks.map((task, n) => `  - { id: w${n}, tasks: [${task}] }`).join("\n");
  return `pawl: 1\nname: p\nbase: main\n${head}workstreams:\n${lines}\n`;
}

/** A plan of one workstream `w` with these tasks. */
export function planOf(tasks: readonly string[], head = ""): string {
  const lines = tasks.map((task) => `      - ${task}`).join("\n");
  return `pawl: 1\nname: p\nbase: main\n${head}workstreams:\n  - id: w\n    tasks:\n${lines}\n`;
}

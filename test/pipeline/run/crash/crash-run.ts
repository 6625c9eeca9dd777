import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Database } from "../../../../src/store/sqlite/driver.ts";

const program = fileURLToPath(new URL("crashing-pawl.fixture.mjs", import.meta.url));
const mostStarts = 40;

/** Where to crash: the `nth` time at a named point. */
export interface CrashPoint {
  readonly point: string;
  readonly nth: number;
}

/** What is left of a run, in a form that does not depend on when things happened. */
export interface Remains {
  readonly states: Readonly<Record<string, string>>;
  /** Transitions of each entity, in their order: `pending>queued by scheduler_assigned`. */
  readonly log: Readonly<Record<string, readonly string[]>>;
  /** Subjects of the commits of the result, sorted: workstreams that run side by side have no order. */
  readonly commits: readonly string[];
  /** The tree of the result. */
  readonly tree: string;
  /** Branches and other references, of Pawl and of the user. */
  readonly references: readonly string[];
}

/**
 * Stands before git on the PATH, and kills Pawl before or after its nth call. Calls come at the same time too: each makes
 * the file of its own number, so that none is counted twice or forgotten.
 */
const deadlyGit = `#!/bin/sh
set -C
calls=1
until true 2>/dev/null > "$CRASH_CALLS/$calls"; do calls=$((calls + 1)); done
if [ $calls = "$CRASH_NTH" ] && [ "$CRASH_POINT" = git.before ]; then kill -9 $(cat "$CRASH_PID"); exit 1; fi
"$CRASH_REAL_GIT" "$@"
status=$?
if [ $calls = "$CRASH_NTH" ] && [ "$CRASH_POINT" = git.after ]; then kill -9 $(cat "$CRASH_PID"); fi
exit $status
`;

const callsIn = (folder: string): string => join(folder, "git-calls");

function environment(folder: string, crash?: CrashPoint): NodeJS.ProcessEnv {
  const common = { ...process.env, NOTES: join(folder, "done.txt") };
  if (crash === undefined || !crash.point.startsWith("git.")) {
    return common;
  }
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  mkdirSync(callsIn(folder), { recursive: true });
  writeFileSync(join(bin, "git"), deadlyGit);
  chmodSync(join(bin, "git"), 0o755);
  return {
    ...common,
    PATH: `${bin}:${process.env["PATH"]}`,
    CRASH_REAL_GIT: execFileSync("which", ["git"], { encoding: "utf8" }).trim(),
    CRASH_CALLS: callsIn(folder),
    CRASH_POINT: crash.point,
    CRASH_NTH: String(crash.nth),
    CRASH_PID: join(folder, "pawl.pid"),
  };
}

const argumentsFor = (folder: string, crash?: CrashPoint): string[] => [
  program,
  join(folder, "repository"),
  ...(crash === undefined ? [] : [crash.point, String(crash.nth)]),
];

/** Starts Pawl once. @returns what it printed, or null where it was killed */
export function once(
  folder: string,
  crash?: CrashPoint,
): { readonly end: string; readonly counts: Record<string, number> } | null {
  const result = spawnSync(process.execPath, argumentsFor(folder, crash), {
    env: environment(folder, crash),
    encoding: "utf8",
  });
  if (result.signal === "SIGKILL") {
    return null;
  }
  if (result.status !== 0) {
    throw new Error(`pawl ended with ${result.status}: ${result.stderr}`);
  }
  return JSON.parse(result.stdout) as { end: string; counts: Record<string, number> };
}

/** Starts Pawl and kills it from outside after a while; true when it was killed before it came to its end. */
export async function killedAfter(folder: string, ms: number): Promise<boolean> {
  const child = spawn(process.execPath, argumentsFor(folder), { env: environment(folder), stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, by) => resolve(by)));
  clearTimeout(timer);
  return signal === "SIGKILL";
}

/** Starts Pawl until the run is over. */
export function toTheEnd(folder: string): string {
  for (let start = 0; start < mostStarts; start += 1) {
    const ended = once(folder);
    if (ended !== null) {
      return ended.end;
    }
  }
  throw new Error("it does not come to an end");
}

export function remainsOf(folder: string): Remains {
  const repository = join(folder, "repository");
  const db = new Database(join(repository, ".state", "pipeline.db"), { readonly: true });
  const states: Record<string, string> = {};
  for (const [table, key] of [
    ["runs", "run_id"],
    ["workstreams", "ws_id"],
    ["tasks", "task_id"],
    ["patch_ledger_entries", "ledger_id"],
    ["test_gates", "gate_id"],
  ]) {
    for (const { id, state } of db.prepare(`SELECT ${key} AS id, state FROM ${table}`).all() as {
      id: string;
      state: string;
    }[]) {
      states[id] = state;
    }
  }
  const log: Record<string, string[]> = {};
  const rows = db
    .prepare("SELECT entity_id, from_state, to_state, trigger FROM state_transitions ORDER BY transition_id")
    .all();
  for (const { entity_id, from_state, to_state, trigger } of rows as Record<string, string>[]) {
    const line = `${from_state}>${to_state} by ${trigger}`;
    log[entity_id ?? ""] = [...(log[entity_id ?? ""] ?? []), line];
  }
  db.close();
  const git = (...args: string[]): string => execFileSync("git", args, { cwd: repository, encoding: "utf8" }).trim();
  return {
    states,
    log,
    commits: git("log", "--format=%s", "--no-merges", "main..pawl/crash-1").split("\n").sort(),
    tree: git("rev-parse", "pawl/crash-1^{tree}"),
    references: git("for-each-ref", "--format=%(refname)").split("\n"),
  };
}

/** How often git was called in a run with a crash point of git. */
export function gitCalls(folder: string): number {
  return readdirSync(callsIn(folder)).length;
}

/** How often each command ran. */
export function executions(folder: string): Record<string, number> {
  const file = join(folder, "done.txt");
  const counts: Record<string, number> = {};
  for (const name of existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []) {
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

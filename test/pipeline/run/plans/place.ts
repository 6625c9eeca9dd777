import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { baseFiles, shellOf } from "./deeds.ts";
import { gatesOfPlan } from "./random-gates.ts";
import { isPatch, type RandomPlan, type RandomTask } from "./random-plan.ts";

/**
 * What each task does first: it takes a lock of its own, which tells whether it runs twice at once, and the first free
 * place among all; writes down that it began; and what files it was given. The locks go with the process, however it
 * ends.
 */
const begin = `
name="$PAWL_WORKSTREAM.$PAWL_TASK"
note() { echo "$1 $name $PAWL_ATTEMPT $slot $(date +%s%3N) $$" >> "$PLANS/trace"; }
slot=0
exec 9>>"$PLANS/locks/$name"
flock -n 9 || note twice
slot=1
while exec 8>>"$PLANS/locks/$slot"; ! flock -n 8; do slot=$((slot + 1)); done
note start
if [ -n "$WITH_SETUP" ] && [ ! -e .cache/set ]; then note bare; fi
seen="$PLANS/seen/$name.$PAWL_ATTEMPT.$$"
find . '(' -name .git -o -path ./.cache -o -path ./.out ')' -prune -o -type f -printf '%m %P\\n' > "$seen.names"
cut -d' ' -f2 "$seen.names" | git hash-object --no-filters --stdin-paths | paste -d' ' - "$seen.names" > "$seen.files"
mv "$seen.files" "$seen"
`;

/** A repository with a user's work in it, a plan beside it, and what its tasks are made of. */
export class Place {
  readonly folder: string;
  readonly repository: string;
  readonly plan: RandomPlan;
  /** The run that is looked at: there may have been an earlier one. */
  run = "f-1";
  readonly #ofTheUser: string;

  constructor(folder: string, plan: RandomPlan) {
    this.folder = folder;
    this.repository = join(folder, "repository");
    this.plan = plan;
    for (const each of ["repository", "locks", "seen", "deeds", "patches"]) {
      mkdirSync(join(folder, each), { recursive: true });
    }
    this.git("init", "--quiet", "--initial-branch=main");
    this.git("config", "user.name", "Uma");
    this.git("config", "user.email", "uma@example.test");
    for (const [name, text] of Object.entries(baseFiles)) {
      this.write(join("repository", name), text);
    }
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", "Begin");
    const base = this.git("rev-parse", "HEAD");
    this.#makePatches(base);
    this.write("begin.sh", begin);
    this.write("setup.sh", "mkdir -p .cache; echo set > .cache/set\n");
    for (const task of plan.workstreams.flatMap(({ tasks }) => tasks)) {
      this.write(join("deeds", `${task.name}.sh`), deedScript(task));
    }
    this.write("plan.json", JSON.stringify(this.#planText(), null, 1));
    this.write("repository/shared/0.txt", "staged by the user\n");
    this.git("add", "shared/0.txt");
    this.write("repository/base.txt", "changed by the user\n");
    this.write("repository/new.txt", "new\n");
    this.git("status");
    this.#ofTheUser = this.#lookAtTheUsers();
  }

  git(...args: string[]): string {
    return this.#git(args).toString().trimEnd();
  }

  #git(args: readonly string[]): Buffer {
    return execFileSync("git", args, { cwd: this.repository, stdio: ["ignore", "pipe", "pipe"] });
  }

  write(name: string, text: string | Buffer): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  /** Whether files, index, HEAD, branches, settings, hooks and stashes are what they were before the run (I12). */
  isUntouched(): boolean {
    return this.#lookAtTheUsers() === this.#ofTheUser;
  }

  #lookAtTheUsers(): string {
    const references = this.git("for-each-ref")
      .split("\n")
      .filter((line) => !/\trefs\/(heads\/pawl(-work)?|pawl)\//.test(line));
    const files = readdirSync(this.repository, { recursive: true, withFileTypes: true })
      .filter((found) => found.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.startsWith(join(this.repository, ".state/")))
      .filter((path) => !/\/\.git\/(?!(HEAD|index|config|hooks\/.*)$)/.test(path));
    const contents = files.sort().map((path) => `${path} ${readFileSync(path).toString("base64")}`);
    return [...references, this.git("stash", "list"), ...contents].join("\n");
  }

  /** Each made by doing what it does in the base. */
  #makePatches(base: string): void {
    const as = ["-c", "user.name=Pat", "-c", "user.email=pat@example.test"];
    for (const task of this.plan.workstreams.flatMap(({ tasks }) => tasks.filter(isPatch))) {
      execFileSync("sh", ["-c", shellOf(task)], { cwd: this.repository, stdio: "ignore" });
      this.git("reset", "--quiet", "--soft", base);
      this.git("add", "--all");
      this.git(...as, "commit", "--quiet", "--allow-empty", "--message", `Mail of ${task.name}`);
      const how = task.how === "mail" ? ["format-patch", "--stdout", "--binary"] : ["diff", "--binary"];
      this.write(join("patches", `${task.name}.patch`), this.#git([...how, base]));
      this.git("reset", "--quiet", "--hard", base);
    }
  }

  #planText(): unknown {
    const { setup, concurrency, workstreams } = this.plan;
    return {
      pawl: 1,
      name: "f",
      base: "main",
      concurrency,
      ...(setup && { setup: ["sh", join(this.folder, "setup.sh")], env: { WITH_SETUP: "yes" } }),
      tools: { tool: { run: ["sh", "-c", 'exec sh "$(cat "$1")"', "tool", "{prompt_file}"] } },
      gates: gatesOfPlan,
      workstreams: workstreams.map(({ id, after, critical, allowFailure, disabled, verify, final, tasks }) => ({
        ...{ id, depends_on: after, critical, allow_failure: allowFailure, disabled, verify, final },
        tasks: tasks.map((task) => ({
          ...{ id: task.id, critical: task.critical, allow_failure: task.allowFailure },
          ...this.#doing(task),
          depends_on: [...task.after, ...task.afterGates],
          retries: { max: task.retries, backoff: "20ms" },
          ...(task.changesNone && { changes: "none" }),
          ...(task.isScoped && { scope: ["own/**"] }),
          ...(task.isLimited && { limits: { lines: 2 } }),
          ...(task.failures > 0 && task.fails === "hang" && { timeout: "3s" }),
        })),
      })),
    };
  }

  #doing({ name, how }: RandomTask): object {
    const deed = join(this.folder, "deeds", `${name}.sh`);
    switch (how) {
      case "text":
        return { run: 'sh "$PLANS/deeds/$PAWL_WORKSTREAM.$PAWL_TASK.sh"' };
      case "list":
        return { run: ["sh", deed] };
      case "agent":
        return { agent: "tool", prompt: deed };
      case "patch":
      case "mail":
        return { patch: join("patches", `${name}.patch`) };
    }
  }
}

function deedScript(task: RandomTask): string {
  const end = { exit: "exit 7", kill: "kill -9 $$", hang: "exec sleep 30" }[task.fails];
  const fails = `if [ "$PAWL_ATTEMPT" -le ${task.failures} ]; then echo junk > junk.txt; ${end}; fi`;
  return ['. "$PLANS/begin.sh"', shellOf(task), `sleep ${task.pauseMs / 1_000}`, fails, "exit 0", ""].join("\n");
}

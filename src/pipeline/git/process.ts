import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { PawlError } from "../../base/errors/index.ts";

/** The oldest git that has all that is used here: `merge-tree --write-tree` and `cat-file -z`. */
const neededGit = "2.38";

/** Bytes one git process may print. */
const outputLimitBytes = 256 * 1024 * 1024;
const stderrLimitBytes = 16 * 1024;

/**
 * Settings that hold whatever the user's configuration says: no hooks, no signing (it may ask for a passphrase), no
 * work in the background, nothing remembered of conflicts, files byte for byte.
 */
const everywhere = [
  "core.hooksPath=/dev/null",
  "core.quotePath=false",
  "core.fsmonitor=false",
  "commit.gpgSign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "apply.whitespace=nowarn",
  "apply.ignoreWhitespace=no",
  "diff.suppressBlankEmpty=false",
  "i18n.commitEncoding=UTF-8",
  "i18n.logOutputEncoding=UTF-8",
  "log.showSignature=false",
  "trailer.separators=:",
  "merge.autoStash=false",
  "rerere.enabled=false",
];

/**
 * Not in the user's own checkout: there its settings of line ends, sparseness and the index must stay. Git is to look at
 * all that it knows of a file, or it would miss what a task changed; and no part of Pawl's own index may lie in a file
 * that the git of a task takes away.
 */
const outsideTheCheckout = [
  "core.autocrlf=false",
  "core.safecrlf=false",
  "core.sparseCheckout=false",
  "core.ignoreStat=false",
  "core.checkStat=default",
  "core.splitIndex=false",
];

const checkoutOptions = everywhere.flatMap((setting) => ["-c", setting]);
const options = [...checkoutOptions, ...outsideTheCheckout.flatMap((setting) => ["-c", setting])];

/** One run of git. */
export interface GitCall {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit statuses that are an answer and no failure; 0 alone when left out. */
  readonly answers?: readonly number[];
  /** True in the user's checkout: its settings of line ends and sparseness hold. */
  readonly userCheckout?: boolean;
}

export interface GitAnswer {
  readonly exit: number;
  readonly stdout: Buffer;
  /** The first 16 KiB. */
  readonly stderr: string;
}

/** What became of a git process, before anybody judges it. Plain data, fit for a message between processes. */
export type GitEnding =
  | {
      readonly kind: "ended";
      /** Null where a signal ended it. */
      readonly exit: number | null;
      readonly signal: string | null;
      readonly stdout: Uint8Array;
      readonly stderr: string;
      readonly isTooLarge: boolean;
    }
  | { readonly kind: "not_started"; readonly code: string; readonly message: string };

/** Something that runs git: this process, or a small one of its own. */
export type GitRunner = (call: Omit<GitCall, "answers">) => Promise<GitEnding>;

/**
 * Runs git without a shell and gathers what it prints.
 *
 * @throws GIT_MISSING, GIT_FAILED or GIT_FILTER_FAILED (an exit status not in `answers`), GIT_OUTPUT_TOO_LARGE
 */
export async function runGit({ answers = [0], ...call }: GitCall, runner: GitRunner = runHere): Promise<GitAnswer> {
  const ending = await runner(call);
  if (ending.kind === "not_started") {
    throw startFailure(call, Object.assign(new Error(ending.message), { code: ending.code }));
  }
  const { exit, signal, stdout, stderr, isTooLarge } = ending;
  if (isTooLarge) {
    throw new PawlError("GIT_OUTPUT_TOO_LARGE", { command: commandOf(call.args), limitBytes: outputLimitBytes });
  }
  if (exit === null || !answers.includes(exit)) {
    throw gitFailed(call, exit ?? String(signal), stderr);
  }
  return { exit, stdout: Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength), stderr };
}

/** @throws GIT_MISSING, GIT_TOO_OLD, GIT_FAILED */
export async function checkGitVersion(directory: string): Promise<void> {
  const { stdout } = await runGit({ cwd: directory, args: ["version"] });
  const [, found = "?"] = /(\d+\.\d+(?:\.\d+)?)/.exec(stdout.toString()) ?? [];
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = neededGit.split(".").map(Number);
  if (!(major > neededMajor || (major === neededMajor && minor >= neededMinor))) {
    throw new PawlError("GIT_TOO_OLD", { found, needed: neededGit });
  }
}

/** Node's own spawn, not execa: the same call costs 3 ms instead of 6, and a run makes thousands. */
export const runHere: GitRunner = async (call) => {
  const ending = await runOnce(call);
  return ending.kind === "ended" && wasInterruptedAtItsStart(ending.signal) ? runOnce(call) : ending;
};

/**
 * Whether Ctrl-C at the terminal ended a git: it met one that was forked, and had not left the terminal's group yet.
 * Nobody else sends that signal to it, so it has done nothing, and can be asked once more.
 */
export const wasInterruptedAtItsStart = (signal: string | null): boolean => signal === "SIGINT";

const runOnce: GitRunner = (call) =>
  new Promise((resolve) => {
    const notStarted = ({ code = "", message }: NodeJS.ErrnoException): void =>
      resolve({ kind: "not_started", code, message });
    let child: ChildProcess;
    try {
      child = startGit(call);
    } catch (cause) {
      // Some refusals of the system are thrown: a variable that is too long for it is one.
      notStarted(cause as NodeJS.ErrnoException);
      return;
    }
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stdoutBytes = 0;
    let stderrBytes = 0;
    child.on("error", notStarted);
    child.stdout?.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > outputLimitBytes) {
        child.kill("SIGKILL");
        return;
      }
      stdout.push(chunk);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      if (stderrBytes < stderrLimitBytes) {
        stderr.push(chunk.subarray(0, stderrLimitBytes - stderrBytes));
        stderrBytes += chunk.length;
      }
    });
    // Git may end without reading all of its input; its exit status tells the rest.
    child.stdin?.on("error", () => {});
    child.stdin?.end(call.input ?? "");
    child.on("close", (exit, signal) =>
      resolve({
        kind: "ended",
        exit,
        signal,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString("utf8"),
        isTooLarge: stdoutBytes > outputLimitBytes,
      }),
    );
  });

/** Starts git in a process group of its own, so that a Ctrl-C at the terminal does not stop it half way. */
export function startGit(call: Pick<GitCall, "cwd" | "args" | "env" | "userCheckout">): ChildProcess {
  return spawn("git", [...(call.userCheckout === true ? checkoutOptions : options), ...call.args], {
    cwd: call.cwd,
    env: { ...gitFreeEnvironment(process.env), ...gitEnvironment, ...call.env },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    windowsHide: true,
  });
}

/** The error for a git that could not be started at all. */
export function startFailure(call: Pick<GitCall, "cwd" | "args">, cause: Error): PawlError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOENT" && existsSync(call.cwd)) {
    return new PawlError("GIT_MISSING", { needed: neededGit }, { cause });
  }
  const detail = existsSync(call.cwd) ? cause.message : "the folder does not exist";
  return new PawlError(
    "GIT_FAILED",
    { command: commandOf(call.args), folder: call.cwd, exit: "none", detail },
    { cause },
  );
}

/** The error for a git that ended otherwise than it should. */
export function gitFailed(call: Pick<GitCall, "cwd" | "args">, exit: number | string, stderr: string): PawlError {
  const about = { command: commandOf(call.args), folder: call.cwd };
  const filter = failedFilter(stderr);
  if (filter !== null) {
    const detail = stderr.trim().replace(/\s*\n\s*/g, "; ");
    return new PawlError("GIT_FILTER_FAILED", { ...about, filter, detail });
  }
  const detail = stderr.trim() === "" ? "it said nothing" : stderr.trim();
  return new PawlError("GIT_FAILED", { ...about, exit, detail });
}

/** The filter of .gitattributes without which git would not go on, by its name or by what it runs. */
function failedFilter(stderr: string): string | null {
  const [, name] = /^fatal: .*: (?:clean|smudge) filter '?(.+?)'? failed$/m.exec(stderr) ?? [];
  // One that serves many files may be gone before git can say which one it is: then the shell has said what it looked for.
  const [, program] = /^(.+?): (?:line )?\d+: .*not found\n[\s\S]*hung up unexpectedly/m.exec(stderr) ?? [];
  return name ?? program ?? null;
}

const gitEnvironment = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_EDITOR: "true",
};

/** What of git's own variables says who somebody is or where the settings are, and so may be passed on. */
const keptGitVariables = new Set([
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  // What `git -c` and a container's environment set, safe.directory above all. Pawl's own -c come later, and win.
  "GIT_CONFIG_PARAMETERS",
  "GIT_CONFIG_COUNT",
  // Where a container has a folder of the checkout from another disk, nothing is found from there without it.
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
  "GIT_EXEC_PATH",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
]);

/**
 * An environment without the variables by which a git hook or alias points git at its own repository and index.
 */
function gitFreeEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith("GIT_") || keptGitVariables.has(name) || /^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)) {
      kept[name] = value;
    }
  }
  return kept;
}

function commandOf(args: readonly string[]): string {
  return args.find((arg) => !arg.startsWith("-")) ?? "";
}

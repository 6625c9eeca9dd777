/**
 * A plan with everything resolved: what a plan file says, checked, with defaults filled in and references closed.
 * Plain JSON (a round trip through JSON.stringify gives the same value), no secret's value in it, and the same
 * text gives the same Plan. Lists are in an order that respects dependencies, otherwise in the order of the file.
 */
export interface Plan {
  readonly pawl: 1;
  readonly name: string;
  /** Absolute path of the file that it was read from. */
  readonly file: string;
  /** Branch, tag or commit to start from. */
  readonly base: string;
  /** Runs once in each new worktree, and again where something that it made is gone. */
  readonly setup: Command | null;
  /** How many tasks are executed at the same time. */
  readonly concurrency: number;
  /** Environment of every command, over the one Pawl was started with. */
  readonly env: Environment;
  /** Names of environment variables whose values must never reach a log, an event or the screen. */
  readonly secrets: readonly string[];
  readonly tools: readonly Tool[];
  readonly gates: readonly Gate[];
  readonly workstreams: readonly Workstream[];
}

export type Environment = Readonly<Record<string, string>>;

/** `shell` is run by `sh -c`, with nothing put into it; `exec` is run as it is, placeholders being whole arguments. */
export type Command =
  | { readonly kind: "shell"; readonly text: string }
  | { readonly kind: "exec"; readonly args: readonly string[] };

/** Something that edits a worktree when it is given a prompt. */
export interface Tool {
  readonly id: string;
  readonly run: Command;
  readonly timeoutMs: number;
}

export const gateTypes = ["LINT", "UNIT", "INTEGRATION", "SECURITY"] as const;

/** A check: a command with an expected exit code. §2.3 */
export interface Gate {
  readonly id: string;
  readonly type: (typeof gateTypes)[number];
  readonly run: Command;
  readonly timeoutMs: number;
  readonly expectedExitCode: number;
  /** Gates that must have passed before it runs. */
  readonly dependsOn: readonly string[];
  /** Gates that name it in their `dependsOn`. */
  readonly dependants: readonly string[];
}

/** A group of tasks that is merged as one. §1.3 */
export interface Workstream {
  readonly id: string;
  readonly critical: boolean;
  readonly allowFailure: boolean;
  readonly disabled: boolean;
  /** Its own `setup`, or else the plan's. */
  readonly setup: Command | null;
  readonly dependsOn: readonly string[];
  /** Workstreams that name it in their `dependsOn`. */
  readonly dependants: readonly string[];
  /** How long it may wait for others; null: without end. */
  readonly dependencyTimeoutMs: number | null;
  /** Gates that every patch of it must pass, with all that these depend on, in the order to run them. */
  readonly verify: readonly string[];
  /** Gates that its merge must pass, closed and ordered in the same way. */
  readonly final: readonly string[];
  /** Gates that its tasks wait for, closed and ordered in the same way. */
  readonly preconditions: readonly string[];
  readonly tasks: readonly Task[];
}

export type Task = RunTask | PatchTask | AgentTask;

interface TaskCommon {
  /** Unique in its workstream. */
  readonly id: string;
  readonly critical: boolean;
  readonly allowFailure: boolean;
  /** Tasks of the same workstream that must be completed before. */
  readonly dependsOn: readonly string[];
  /** Gates that must have passed before; those that they depend on are in the workstream's `preconditions`. */
  readonly gateDependencies: readonly string[];
  /** Tasks that name it in their `dependsOn`. */
  readonly dependants: readonly string[];
  /** §1.4: 1800 s unless the plan says otherwise. */
  readonly timeoutMs: number;
  readonly retries: Retries;
  /** Globs that everything it changes must match; `["**"]` when the plan names none. */
  readonly scope: readonly string[];
  readonly limits: Limits;
}

export interface Retries {
  /**
   * How often it is tried again after a failure. 0 unless the plan asks for more, although the machine's own
   * default is 3 (§1.4): repeating a command that nobody called repeatable would be a surprise.
   */
  readonly max: number;
  /** Wait before it is tried again. */
  readonly backoffMs: number;
}

/** What the patch of a task may hold at most; null: no limit of its own. */
export interface Limits {
  /** Lines added and removed. */
  readonly maxLines: number | null;
  /** Bytes of the patch. */
  readonly maxBytes: number | null;
}

/** What becomes of the changes that a command makes: a patch, or nothing at all (a check). */
export type Changes = "patch" | "none";

/** A command. */
export interface RunTask extends TaskCommon {
  readonly kind: "run";
  readonly run: Command;
  readonly env: Environment;
  readonly expectedExitCode: number;
  readonly changes: Changes;
}

/** A patch file. */
export interface PatchTask extends TaskCommon {
  readonly kind: "patch";
  readonly patch: PatchFile;
}

/** A tool that is given a prompt. */
export interface AgentTask extends TaskCommon {
  readonly kind: "agent";
  /** Id of a tool of the plan. */
  readonly tool: string;
  readonly prompt: string;
  readonly env: Environment;
  readonly expectedExitCode: number;
  readonly changes: Changes;
}

/** A patch file as it was when the plan was read; whoever applies it compares the hash. */
export interface PatchFile {
  /** Absolute path, without symbolic links. */
  readonly file: string;
  /** SHA-256 of its bytes, in hex. */
  readonly sha256: string;
  readonly bytes: number;
}

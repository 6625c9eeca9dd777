import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { patchId } from "../../../../machines/ids.ts";
import type { ExecuteTaskInput, ExecuteTaskOutput } from "../../../../machines/orchestration/task.types.ts";
import type { PatchRef } from "../../../../machines/uet/patch-ledger.types.ts";
import { PawlError } from "../../../base/errors/index.ts";
import type { AgentTask, PatchTask, RunTask } from "../../../plan/index.ts";
import { capturePatch, type Sha, type Worktree } from "../../git/index.ts";
import { patchFilePlace } from "../../state/index.ts";
import type { CommandValues } from "../command-values.ts";
import type { PlannedTask } from "../plan-index.ts";
import type { PlannedCommand, RunSite } from "../site.ts";

/** Does what a task of the plan asks for; what it changed becomes a patch. §1.4 */
export async function executeTask(
  site: RunSite,
  input: ExecuteTaskInput,
  signal: AbortSignal,
): Promise<ExecuteTaskOutput> {
  const planned = site.index.task(input.task_id);
  const { clock } = site.services;
  const startedAt = clock.monotonic();
  const output =
    planned.task.kind === "patch"
      ? await readPatchFile(site, input, planned.task)
      : await runInWorktree(site, input, { ...planned, task: planned.task }, signal);
  return { ...output, duration_seconds: Math.round(clock.monotonic() - startedAt) / 1000 };
}

async function readPatchFile(site: RunSite, input: ExecuteTaskInput, { patch }: PatchTask): Promise<ExecuteTaskOutput> {
  const file = patchFilePlace(site.services.repository, patch);
  let content: Buffer;
  try {
    content = await readFile(file);
  } catch (cause) {
    throw new PawlError("PATCH_FILE_CHANGED", { file, detail: "it cannot be read any more" }, { cause });
  }
  if (createHash("sha256").update(content).digest("hex") !== patch.sha256) {
    throw new PawlError("PATCH_FILE_CHANGED", { file, detail: "its content is another" });
  }
  return { exit_code: 0, patch: holdPatch(site, input, content) };
}

type CommandTask = RunTask | AgentTask;

async function runInWorktree(
  site: RunSite,
  input: ExecuteTaskInput,
  { task, workstream }: PlannedTask & { readonly task: CommandTask },
  signal: AbortSignal,
): Promise<ExecuteTaskOutput> {
  const tip = await site.branches.tip(workstream.id);
  const worktree = await site.worktrees.acquire(tip, workstream.setup, signal);
  try {
    const planned = await plannedCommand(site, input, task, signal);
    const { result, failure } = await site.command(worktree, planned);
    if (failure !== undefined) {
      const { exitCode: exit_code, signal: ended, timedOut: timed_out } = result;
      return { exit_code, signal: ended, timed_out, error: failure, patch: null };
    }
    return { exit_code: result.exitCode, patch: await patchOf(site, input, task, worktree, tip) };
  } finally {
    site.worktrees.release(worktree);
  }
}

async function plannedCommand(
  site: RunSite,
  input: ExecuteTaskInput,
  task: CommandTask,
  signal: AbortSignal,
): Promise<PlannedCommand> {
  const common = {
    label: `task ${input.task_id}`,
    env: task.env,
    timeoutMs: task.timeoutMs,
    expectedExitCode: task.expectedExitCode,
    changesNothing: task.changes === "none",
    entity: input.task_id,
    attempt: input.attempt,
    signal,
  };
  const values: CommandValues = { workstream: input.ws_id, task: task.id };
  if (task.kind === "run") {
    return { ...common, command: task.run, values };
  }
  const tool = site.index.tool(task.tool);
  const promptFile = site.services.logs.promptFile(site.run, input.task_id);
  await mkdir(dirname(promptFile), { recursive: true });
  await writeFile(promptFile, task.prompt);
  return {
    ...common,
    command: tool.run,
    values: { ...values, prompt: task.prompt, prompt_file: promptFile },
  };
}

async function patchOf(
  site: RunSite,
  input: ExecuteTaskInput,
  task: CommandTask,
  worktree: Worktree,
  tip: Sha,
): Promise<PatchRef | null> {
  if (task.changes === "none") {
    worktree.recognise();
    return null;
  }
  const content = await capturePatch(worktree, tip);
  return content === null ? null : holdPatch(site, input, content);
}

function holdPatch(site: RunSite, input: ExecuteTaskInput, content: Uint8Array): PatchRef {
  const { patches } = site.services;
  const earlier = patches.countOf(site.rowId(input.task_id));
  const patch_id = patchId(input.task_id, earlier + 1);
  const { sha256 } = patches.hold(site.rowId(patch_id), content);
  return {
    patch_id,
    content_hash: sha256,
    ...(earlier > 0 && { retry_of: patchId(input.task_id, earlier) }),
  };
}

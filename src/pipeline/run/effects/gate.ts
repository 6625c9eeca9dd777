import type { RunGateInput, RunGateOutput } from "../../../../machines/uet/test-gate.types.ts";
import type { Worktree } from "../../git/index.ts";
import type { RunSite } from "../site.ts";

/** Runs a gate's command: on the workstream's tip, on a patch that was applied, or on the merged tree. §2.3 */
export async function runGate(
  site: RunSite,
  input: RunGateInput,
  attempt: number,
  signal: AbortSignal,
): Promise<RunGateOutput> {
  const { worktree, done } = await treeOf(site, input, signal);
  try {
    const { result, failure } = await site.command(worktree, {
      label: `gate ${input.gate_id}`,
      command:
        typeof input.command === "string"
          ? { kind: "shell", text: input.command }
          : { kind: "exec", args: input.command },
      values: { workstream: input.ws_id },
      timeoutMs: input.timeout_sec * 1000,
      entity: input.gate_id,
      attempt,
      signal,
    });
    return {
      exit_code: result.exitCode,
      signal: result.signal,
      timed_out: result.timedOut,
      stdout_tail: result.stdout.tail,
      stderr_tail: result.startError === null ? result.stderr.tail : (failure ?? ""),
      duration_seconds: Math.round(result.durationMs) / 1000,
    };
  } finally {
    done();
  }
}

async function treeOf(
  site: RunSite,
  { stage, ws_id, set_id }: RunGateInput,
  signal: AbortSignal,
): Promise<{ readonly worktree: Worktree; readonly done: () => void }> {
  const { setup } = site.index.workstream(ws_id);
  switch (stage) {
    case "verify": {
      const { worktree } = await site.patchTree(ws_id).with(set_id, signal);
      return { worktree, done: () => undefined };
    }
    case "final":
      return { worktree: await site.mergeTree(ws_id, set_id, signal), done: () => undefined };
    case "precondition": {
      const worktree = await site.worktrees.acquire(await site.branches.tip(ws_id), setup, signal);
      return { worktree, done: () => site.worktrees.release(worktree) };
    }
  }
}

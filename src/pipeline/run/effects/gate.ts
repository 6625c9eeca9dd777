import type { RunGateInput, RunGateOutput } from "../../../../machines/uet/test-gate.types.ts";
import type { Worktree } from "../../git/index.ts";
import type { RunSite } from "../site.ts";
import { mergeToCheck } from "./merge.ts";

/** Runs a gate's command: on the workstream's tip, on a patch that was applied, or on the merged tree. §2.3 */
export async function runGate(
  site: RunSite,
  input: RunGateInput,
  attempt: number,
  signal: AbortSignal,
): Promise<RunGateOutput> {
  return await inTree(site, input, signal, async (worktree) => {
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
      // A program that hears TERM may well end with the expected one.
      exit_code: result.timedOut ? null : result.exitCode,
      // Without either, what is said of it would be that it has no exit code.
      signal: result.startError !== null && result.exitCode === null ? "could not be started" : result.signal,
      timed_out: result.timedOut,
      stdout_tail: result.stdout.tail,
      stderr_tail: result.startError === null ? result.stderr.tail : (failure ?? ""),
      duration_seconds: Math.round(result.durationMs) / 1000,
    };
  });
}

async function inTree<T>(
  site: RunSite,
  { stage, ws_id, set_id }: RunGateInput,
  signal: AbortSignal,
  work: (worktree: Worktree) => Promise<T>,
): Promise<T> {
  switch (stage) {
    case "verify":
      return await site.patchTree(ws_id).with(set_id, signal, ({ worktree }) => work(worktree));
    case "final":
      return await site.inMergeTree(ws_id, () => mergeToCheck(site, { ws_id, merge_id: set_id }), signal, work);
    case "precondition": {
      const { setup } = site.index.workstream(ws_id);
      const worktree = await site.worktrees.acquire(await site.branches.tip(ws_id), setup, signal);
      try {
        return await work(worktree);
      } finally {
        site.worktrees.release(worktree);
      }
    }
  }
}

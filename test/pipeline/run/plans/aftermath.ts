import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pawl } from "./disturb.ts";
import type { Evidence } from "./evidence.ts";

/** What holds after any run: nothing of the user's was touched, nothing lies about, the record is whole. */
export async function judgeAftermath({ place }: Evidence): Promise<string[]> {
  const { status, stdout, stderr } = await pawl(place, "verify");
  const state = join(place.repository, ".state");
  const known = /^(inbox|logs|pipeline\.db(-shm|-wal)?|repository|running|transitions\.jsonl|worktrees)$/;
  const lying = [
    ...readdirSync(state).filter((name) => !known.test(name)),
    ...["inbox", "running"].flatMap((name) => (existsSync(join(state, name)) ? readdirSync(join(state, name)) : [])),
  ];
  return [
    ...(place.isUntouched() ? [] : ["what is the user's was touched"]),
    ...(status === 0 ? [] : [`pawl verify: ${stdout} ${stderr}`]),
    ...lying.map((name) => `.state has ${name}`),
    ...worktreesOf(place.git("worktree", "list", "--porcelain"), state),
    ...soundness(() => place.git("fsck", "--full", "--strict", "--no-dangling")),
  ];
}

/** But the first, which is the user's. */
function worktreesOf(listed: string, state: string): string[] {
  const [, ...all] = listed.split("\n\n");
  return all
    .filter((each) => !each.startsWith(`worktree ${state}/worktrees/`) || /^(prunable|locked|branch)/m.test(each))
    .map((each) => `a worktree is left: ${each}`);
}

function soundness(fsck: () => string): string[] {
  try {
    const said = fsck();
    return said === "" ? [] : [`git fsck: ${said}`];
  } catch (error) {
    return [`git fsck: ${String(error)}`];
  }
}

/** Every entity answers to all that can be asked of it. */
export async function judgeAnswers({ place, states }: Evidence): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, state] of states) {
    const shown = await pawl(place, "show", id, "--json");
    const row = shown.status === 0 ? (JSON.parse(shown.stdout) as { row: { state: string } }).row : undefined;
    if (row?.state !== state) {
      faults.push(`pawl show ${id} says ${row?.state}, not ${state}: ${shown.stderr}`);
    }
    for (const args of [
      ["show", id],
      ["events", "--entity", id],
      ["logs", id],
    ]) {
      const { status, stderr } = await pawl(place, ...args);
      // What is no task and no gate has no log.
      if (status !== 0 && !(args[0] === "logs" && status === 2)) {
        faults.push(`pawl ${args.join(" ")} ended with ${status}: ${stderr}`);
      }
    }
  }
  return faults;
}

import type { PatchEffectInput } from "../../../machines/uet/patch-ledger.types.ts";
import type { Patch } from "../git/index.ts";
import { whatItDoes } from "./describe-task.ts";
import type { RunSite } from "./site.ts";

/** Longer subjects are cut by most tools. */
const longestSubject = 72;

/** Message and author of a patch's commit: those of its mail, or else what the plan says of its task. */
export function commitMessage(
  site: RunSite,
  { task_id }: PatchEffectInput,
  { mail }: Patch,
): { readonly message: string; readonly author?: { name: string; email: string }; readonly date?: string } {
  if (mail !== null) {
    return { message: mail.message, author: mail.author, ...(mail.date !== null && { date: mail.date }) };
  }
  return { message: shorten(site.secrets.text(`${task_id}: ${whatItDoes(site.index.task(task_id).task)}`)) };
}

function shorten(subject: string): string {
  const line = subject.replace(/\s+/g, " ");
  return line.length <= longestSubject ? line : `${line.slice(0, longestSubject - 1)}…`;
}

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { StateFolder } from "../pipeline/state/index.ts";

/** What one attempt of an entity's command printed; null where it printed nothing there. */
export interface AttemptLogs {
  readonly attempt: number;
  readonly stdout: string | null;
  readonly stderr: string | null;
}

/** Log files of an entity, first attempt first. @param id its row id, `run/client.bump` */
export function logsOf({ logs }: StateFolder, id: string): AttemptLogs[] {
  const cut = id.indexOf("/");
  const [run, entity] = [id.slice(0, cut), id.slice(cut + 1)];
  const folder = join(logs, run);
  const names = cut > 0 && existsSync(folder) ? readdirSync(folder) : [];
  const attempts = new Map<number, { stdout: string | null; stderr: string | null }>();
  for (const name of names) {
    const [, number, kind] =
      (name.startsWith(`${entity}.`) ? /^(\d+)\.(out|err)$/.exec(name.slice(entity.length + 1)) : null) ?? [];
    if (number !== undefined) {
      const found = attempts.get(Number(number)) ?? { stdout: null, stderr: null };
      attempts.set(Number(number), { ...found, [kind === "out" ? "stdout" : "stderr"]: join(folder, name) });
    }
  }
  return [...attempts].sort(([a], [b]) => a - b).map(([attempt, files]) => ({ attempt, ...files }));
}

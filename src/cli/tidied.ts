import type { Repository } from "../pipeline/git/index.ts";
import { tidyRun } from "../pipeline/run/index.ts";
import type { StateFolder } from "../pipeline/state/index.ts";
import { oneLine } from "./show/one-line.ts";

export interface Tidied {
  /** Branches of workstreams with commits that were not merged. */
  readonly unmerged: readonly string[];
  /** Why not all was taken away. */
  readonly fault?: string;
}

/** Takes away what a run that has ended needs no more. No fault of it changes how the run ended. */
export async function tidied(repository: Repository, state: StateFolder, run: string): Promise<Tidied> {
  try {
    return { unmerged: await tidyRun(repository, state, run) };
  } catch (error) {
    return { unmerged: [], fault: error instanceof Error ? error.message : String(error) };
  }
}

/** What is said of it: the next run begins with taking it away. */
export function stillThere(fault: string): string {
  return `note: what the run needs no more is still there, until the next pawl run: ${oneLine(fault)}`;
}

import type { Clock } from "../../base/time.ts";

const lookEveryMs = 20;
const mostLooks = 50;

/**
 * Does a git step that looks at all worktrees. Git fails there at one that another git is making in this moment, whose
 * files are there with nothing in them yet: then the step is done again, for up to a second.
 *
 * @throws what the step throws
 */
export async function pastHalfMadeWorktree<T>(clock: Clock, step: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await step();
    } catch (error) {
      if (looks === mostLooks || !/failed to read .*commondir/.test(String(error))) {
        throw error;
      }
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, lookEveryMs));
  }
}

/** Waits for what other processes do to files: each change is an event, so nothing sleeps and nothing spins. */
import { on } from "node:events";
import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Looks, and looks again at each change in a folder, until something is seen; the limit of the test ends a wait in vain. */
export async function seenIn<T>(folder: string, look: () => T | undefined | false): Promise<T> {
  // Before the first look: no change between the two is missed.
  const watcher = watch(folder);
  const changes = on(watcher, "change");
  try {
    for (;;) {
      const seen = look();
      if (seen !== undefined && seen !== false) {
        return seen;
      }
      await changes.next();
    }
  } finally {
    watcher.close();
  }
}

/** Resolves when a file or folder is there. Those above it need not be there before. */
export async function appears(path: string): Promise<void> {
  while (!existsSync(path)) {
    const above = nearestAbove(path);
    await seenIn(above, () => existsSync(path) || nearestAbove(path) !== above);
  }
}

function nearestAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) ? above : nearestAbove(above);
}

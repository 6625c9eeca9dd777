import type { Store } from "../../src/store/port.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

/**
 * A store whose commits end when the test says so, as those of a writer's thread end later.
 *
 * @param isWrittenAtOnce only that they have ended is told later
 */
export function heldStore(isWrittenAtOnce = false) {
  const store = openSqlite({ file: ":memory:" });
  const held: (() => void)[] = [];
  const release = (): boolean => {
    const next = held.shift();
    next?.();
    return next !== undefined;
  };
  const slow: Store = {
    ...store,
    commit: (commit, ended) => {
      if (isWrittenAtOnce) {
        store.commit(commit, (failure) => held.push(() => ended(failure)));
      } else {
        held.push(() => store.commit(commit, ended));
      }
    },
    settle: () => {
      while (release()) {
        // Until none is left.
      }
    },
  };
  return { store: slow, held, release };
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

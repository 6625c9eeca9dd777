import type { Store } from "../../store/port.ts";

/** A moment at which a crash of the process makes a difference. */
export type ProbePoint = "commit.before" | "commit.after" | "effect.start" | "effect.end";

export type Probe = (point: ProbePoint) => void;

/** The same store, with a call before and after each commit. */
export function probedStore(store: Store, probe: Probe | undefined): Store {
  if (probe === undefined) {
    return store;
  }
  return {
    ...store,
    commit: (commit, ended) => {
      probe("commit.before");
      store.commit(commit, (failure) => {
        probe("commit.after");
        ended(failure);
      });
    },
  };
}

/** Runs an effect, with a call before it starts and one before its result is told. */
export async function probedEffect<T>(probe: Probe | undefined, work: () => Promise<T>): Promise<T> {
  probe?.("effect.start");
  const result = await work();
  probe?.("effect.end");
  return result;
}

import type { Commit, Store } from "../../../src/store/port.ts";

/** A commit that holds the key of a delivery, and nothing else. */
export const commitOf = (key: string): Commit => ({
  at: 1,
  actors: [],
  journal: [],
  audits: [],
  rows: [],
  timersDisarmed: [],
  timersArmed: [],
  effects: [],
  lateSettlements: [],
  deliveries: [{ actorNo: 1, idempotencyKey: key, at: 1 }],
});

/** Gives the reason when it failed. */
export const committed = (store: Store, key: string): Promise<unknown> =>
  new Promise((resolve) => store.commit(commitOf(key), resolve));

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuditRow, Commit, Store } from "../../../src/store/port.ts";
import { openSqlite, openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { testFolder } from "../../runtime/folder.fixture.ts";

const audit: AuditRow = {
  event_id: "evt_1",
  event_type: "state_transition",
  entity_type: "lamp",
  entity_id: "l",
  from_state: "off",
  to_state: "on",
  trigger: "flip",
  reason: null,
  severity: "info",
  operator: null,
  metadata: {},
  context: {},
  evidence: null,
  transitioned_at: "2026-01-01T00:00:00.000Z",
};

const commitOf = (audits: readonly AuditRow[]): Commit => ({
  at: 1,
  actors: [],
  journal: [],
  audits,
  rows: [],
  timersDisarmed: [],
  timersArmed: [],
  effects: [],
  lateSettlements: [],
  deliveries: [],
});

/** Resolves when the commit is durable, and rejects with why it is not. */
const committed = (store: Store, ...audits: AuditRow[]): Promise<void> =>
  new Promise((resolve, reject) =>
    store.commit(commitOf(audits), (failure) => (failure === undefined ? resolve() : reject(failure))),
  );

const nth = (n: number): AuditRow => ({ ...audit, event_id: `evt_${n}` });

// The same suite on a store that writes in its caller's thread and on one that has a thread for it from the start.
describe.each([
  ["in the thread of its caller", Number.POSITIVE_INFINITY],
  ["in a thread of its own", 0],
])("a commit, written %s,", (_, threadAfterEvents) => {
  const opened = () => openSqlite({ file: join(testFolder(), "store.db"), threadAfterEvents });

  test("leaves nothing of itself when one of its rows is refused (I1)", async () => {
    const store = opened();
    const heard: number[] = [];
    store.onCommitted((audits) => heard.push(audits.length));
    const refused = committed(store, audit, { ...audit, event_id: "no_event" });
    await expect(refused).rejects.toThrow("CHECK constraint failed");
    expect([store.auditsAfter(0, 10), heard]).toEqual([[], []]);
    await committed(store, audit);
    expect(store.auditsAfter(0, 10)).toMatchObject([{ ...audit, transition_id: 1 }]);
    expect(heard).toEqual([1]);
    store.close();
  });

  test("keeps each part of an audit event, whichever of them it has", async () => {
    const store = opened();
    const parts: Partial<AuditRow>[] = [
      { reason: "so" },
      { severity: "warning" },
      { operator: "ines" },
      { metadata: { b: 1, a: [2] } },
      { context: { n: null } },
      { evidence: { exit_code: 1 } },
    ];
    const rows = parts.map((part, index) => ({ ...nth(index + 1), ...part }));
    await committed(store, ...rows);
    expect(store.auditsAfter(0, 10)).toMatchObject(rows);
    store.close();
  });

  test("tells of its failure whoever asked, and nobody else", () => {
    const store = opened();
    const failures: unknown[] = [];
    const bad = commitOf([{ ...audit, event_id: "no_event" }]);
    expect(() => {
      store.commit(bad, (failure) => failures.push(String(failure)));
      store.settle();
    }).not.toThrow();
    expect(failures).toEqual([expect.stringContaining("CHECK constraint failed")]);
    store.close();
  });

  test("is told to its listeners as it stands in the store, chained to the one before (I7)", async () => {
    const store = opened();
    const heard: unknown[] = [];
    await committed(store, nth(1));
    const stop = store.onCommitted((audits) => heard.push(...audits));
    await committed(store, nth(2), nth(3));
    await committed(store, nth(4));
    const stored = store.auditsAfter(1, 10);
    stop();
    await committed(store, nth(5));
    expect(heard).toEqual(stored);
    store.close();
  });

  test("fails when somebody who follows the store cannot go on, and is durable nevertheless", async () => {
    const store = opened();
    const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    store.onCommitted(() => {
      throw full;
    });
    await expect(committed(store, audit)).rejects.toMatchObject({ code: "STORE_FULL", cause: full });
    expect(store.auditsAfter(0, 10)).toMatchObject([audit]);
    store.close();
  });

  test("comes after those before it, and `settle` waits for all of them", () => {
    const store = opened();
    const ended: number[] = [];
    for (let n = 1; n <= 100; n += 1) {
      store.commit(commitOf([nth(n)]), (failure) => {
        expect(failure).toBeUndefined();
        ended.push(n);
      });
    }
    store.settle();
    expect(ended).toEqual(Array.from({ length: 100 }, (_each, i) => i + 1));
    expect(store.auditsAfter(0, 200).map(({ event_id }) => event_id)).toEqual(ended.map((n) => `evt_${n}`));
    store.close();
  });

  test("is whole in the file when the store is closed, with no log left beside it", () => {
    const file = join(testFolder(), "store.db");
    const store = openSqlite({ file, threadAfterEvents });
    store.commit(commitOf([audit]), () => undefined);
    store.close();
    expect(() => readFileSync(`${file}-wal`)).toThrow("ENOENT");
    const again = openSqlite({ file });
    expect(again.auditsAfter(0, 10)).toMatchObject([audit]);
    again.close();
  });

  test("is refused, with nothing written, once another process holds the claim (I8)", async () => {
    const file = join(testFolder(), "store.db");
    let now = 1_000_000;
    const clock = { now: () => now, monotonic: () => now, setTimeout: () => 0, clearTimeout: () => undefined };
    const first = openSqlite({ file, clock, threadAfterEvents });
    await committed(first, nth(1));
    expect(() => openSqlite({ file, clock })).toThrow(`is in use by process ${process.pid} (this one) on `);
    now += 10_001;
    const second = openSqlite({ file, clock });
    const fenced = { code: "STORE_FENCED", values: { found: 2, ours: 1 } };
    await expect(committed(first, nth(2))).rejects.toMatchObject(fenced);
    await expect(committed(first, nth(2))).rejects.toMatchObject(fenced);
    expect(second.auditsAfter(0, 10).length).toBe(1);
    await committed(second, nth(2));
    expect(second.auditsAfter(0, 10).length).toBe(2);
    // What closes late takes nothing from who holds the claim now.
    first.close();
    expect(() => openSqlite({ file, clock })).toThrow(expect.objectContaining({ code: "STORE_IN_USE" }));
    await committed(second, nth(3));
    second.close();
  });
});

test("the view `journal` shows SQL the rows as the store gives them back", () => {
  const file = join(testFolder(), "store.db");
  const store = openSqlite({ file });
  const journal = [1, 2, 1, 1].map((actorNo, i) => ({
    seq: i + 1,
    actorNo,
    at: 5,
    event: `{"type":"e${i}","text":"a \\"b\\" \\u0001 \u00e9"}`,
    delta: `{"~":{"n":{"=":${i}.5e+30}}}`,
  }));
  store.commit({ ...commitOf([]), journal: journal.map((row) => ({ ...row })) }, () => undefined);
  const reader = openSqliteReader(file);
  const shown = reader.prepare("SELECT seq, actor_no AS actorNo, at, event, delta FROM journal ORDER BY seq").all();
  const pages = reader.prepare("SELECT count(*) FROM journal_pages").pluck().get();
  reader.close();
  expect([pages, shown]).toEqual([2, journal]);
  expect(store.journalOf(1).map(({ event }) => event)).toEqual([0, 2, 3].map((i) => journal[i]?.event));
  store.close();
});

describe("a thread that writes", () => {
  const events = (store: Store, from: number, count: number): boolean => {
    let ended = false;
    const journal = Array.from({ length: count }, (_, i) => ({
      seq: from + i,
      actorNo: 1,
      at: 1,
      event: "{}",
      delta: '{"=":1}',
    }));
    store.commit({ ...commitOf([]), journal }, () => {
      ended = true;
    });
    // Whether it had ended before anybody else could do anything.
    return ended;
  };

  test("is begun by large commits, not by many small ones", () => {
    const store = openSqlite({ file: join(testFolder(), "store.db"), threadAfterEvents: 100 });
    const small = Array.from({ length: 300 }, (_, i) => events(store, 1 + i, 1));
    expect(small).toEqual(small.map(() => true));
    expect([events(store, 301, 60), events(store, 361, 60)]).toEqual([true, false]);
    store.settle();
    expect(store.journalOf(1).map(({ seq }) => seq)).toEqual(Array.from({ length: 420 }, (_, i) => i + 1));
    expect(store.journalOf(1, 365).at(-1)?.seq).toBe(365);
    store.close();
  });
});

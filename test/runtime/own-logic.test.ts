import { expect, test } from "vitest";
import type { ActorLogic, EventObject, Snapshot } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";

type Counted = Snapshot<undefined> & { readonly count: number };
type Persisted = Counted & { readonly step: number };

/** Needs its `this`, and a private member that no other object has. */
class Counter implements ActorLogic<Counted, EventObject, number> {
  readonly #step = 2;
  readonly restored: number[] = [];

  getInitialSnapshot(_: unknown, count: number): Counted {
    return { status: "active", output: undefined, error: undefined, count };
  }

  transition(snapshot: Counted, { type }: EventObject): Counted {
    return type === "more" ? { ...snapshot, count: this.#next(snapshot.count) } : snapshot;
  }

  getPersistedSnapshot(snapshot: Counted): Persisted {
    return { ...snapshot, step: this.#step };
  }

  restoreSnapshot(snapshot: Snapshot<unknown>): Counted {
    this.restored.push(this.#step);
    return snapshot as Counted;
  }

  #next(count: number): number {
    return count + this.#step;
  }
}

test("a logic that is an instance of a class is called as one, over a restart", async () => {
  const counter = new Counter();
  const store = openSqlite({ file: ":memory:" });
  const first = await openRuntime({ store, machines: { counter } });
  const actor = first.createActor("counter", { id: "c", input: 5 });
  await actor.deliver({ type: "more" });
  expect(actor.getSnapshot()).toMatchObject({ status: "active", count: 7 });
  expect(actor.getPersistedSnapshot()).toMatchObject({ count: 7, step: 2 });
  await first.close();

  const second = await openRuntime({ store, machines: { counter } });
  expect((await second.createActor("counter", { id: "c" }).deliver({ type: "more" })).count).toBe(9);
  expect(counter.restored).toEqual([2]);
  await second.close();
});

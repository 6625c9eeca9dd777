import { describe, expect, test } from "vitest";
import { type Live, type LiveRoot, Numbers, setLive, unrecorded } from "../../src/runtime/live.ts";
import { Population } from "../../src/runtime/population.ts";
import type { InternalActor } from "../../src/runtime/xstate/internals.ts";

const siblings = 500;

/** A root with many children, of which a test says when they may be looked at no more. */
function family() {
  const store = { liveActor: () => undefined, counters: () => ({ nextActorNo: 1 }) };
  const population = new Population(store as unknown as ConstructorParameters<typeof Population>[0]);
  const root = { numbers: new Numbers(), members: new Set<Live>() } as unknown as LiveRoot;
  const children: Record<string, InternalActor> = {};
  let looks = 0;
  let no = 0;
  const made = (key: string, parent?: Live): Live => {
    no += 1;
    const id = parent === undefined ? key : `${parent.id}/${key}`;
    const actor = { id: key, _snapshot: { status: "active" } } as unknown as InternalActor;
    const live = { ...unrecorded(), no, key, parent, root, actor, type: { name: "thing" } } as unknown as Live;
    Object.defineProperty(live, "id", {
      get: () => {
        looks += 1;
        return id;
      },
    });
    setLive(live);
    if (parent !== undefined) {
      population.refuseTaken(id, actor, parent, false);
      children[key] = actor;
    }
    population.add(live);
    return live;
  };
  const top = made("top");
  top.recorded = { status: "active", children } as unknown as NonNullable<Live["recorded"]>;
  population.roots.set("top", top);
  for (let child = 0; child < siblings; child += 1) {
    made(`of/${child}`, top);
  }
  return {
    population,
    top,
    made,
    looksOf: (step: () => void): number => {
      looks = 0;
      step();
      return looks;
    },
  };
}

describe("however many siblings there are (I10)", () => {
  test("a child whose own id has a slash is made without a look at each of them", () => {
    const { top, made, looksOf } = family();
    expect(looksOf(() => made("of/another", top))).toBeLessThan(10);
  });

  test("one that is not in the store yet is found by its id, and not once it is forgotten", () => {
    const { population, top, made, looksOf } = family();
    const late = made("late", top);
    expect(looksOf(() => expect(population.child("top/late")).toBe(late))).toBeLessThan(10);
    population.forget(late);
    expect(population.child("top/late")).toBeUndefined();
    expect(population.child("top/of/7")?.key).toBe("of/7");
  });

  test("one that takes the name of another replaces that one, with what is below it, and nobody else is asked", () => {
    const { population, top, made } = family();
    const below = made("below", top);
    const replaced = population.child("top/of/7") as Live;
    replaced.recorded = { status: "active", children: { below: below.actor } } as unknown as NonNullable<
      Live["recorded"]
    >;
    for (const other of top.root.members) {
      if (other !== top && other !== replaced && other !== below) {
        Object.defineProperty(other, "parent", {
          get: () => {
            throw new Error(`${other.key} is asked for its parent`);
          },
        });
      }
    }
    expect(population.namesakesOf({ parent: top, key: "of/7" } as Live)).toEqual([replaced, below]);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DependencyNode, orderByDependency } from "../../src/plan/index.ts";

function graph(edges: Readonly<Record<string, readonly string[]>>): DependencyNode[] {
  return Object.entries(edges).map(([id, dependsOn]) => ({ id, dependsOn }));
}

/** Nodes n0, n1, …; an edge from the later number to the earlier one can close no circle. */
const acyclic = fc
  .integer({ min: 1, max: 60 })
  .chain((count) =>
    fc.tuple(fc.constant(count), fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 200 })),
  )
  .chain(([count, pairs]) => {
    const nodes = Array.from({ length: count }, (_, index) => ({
      id: `n${index}`,
      dependsOn: pairs.filter(([a, b]) => Math.max(a, b) === index && a !== b).map(([a, b]) => `n${Math.min(a, b)}`),
    }));
    return fc.shuffledSubarray(nodes, { minLength: nodes.length });
  });

describe("the order of a dependency graph", () => {
  test("is that of the list where nothing depends on anything", () => {
    expect(orderByDependency(graph({ c: [], a: [], b: [] })).order).toEqual(["c", "a", "b"]);
  });

  test("puts what is needed directly before what needs it", () => {
    expect(orderByDependency(graph({ a: ["d"], b: [], c: ["a"], d: [] })).order).toEqual(["d", "a", "b", "c"]);
  });

  test("tells who depends on each, in the order of the list", () => {
    const { dependants } = orderByDependency(graph({ b: ["x"], a: ["x", "x", "b"], x: [] }));
    expect(Object.fromEntries(dependants)).toEqual({ b: ["a"], a: [], x: ["b", "a"] });
  });

  test("ignores ids that no node has", () => {
    expect(orderByDependency(graph({ a: ["ghost"] }))).toMatchObject({ order: ["a"], cycles: [] });
  });

  test("holds every node once, after all it depends on, for any graph without a circle", () => {
    fc.assert(
      fc.property(acyclic, (nodes) => {
        const { order, cycles } = orderByDependency(nodes);
        const position = new Map(order.map((id, index) => [id, index]));
        expect(cycles).toEqual([]);
        expect([...order].sort()).toEqual(nodes.map((node) => node.id).sort());
        for (const node of nodes) {
          for (const id of node.dependsOn) {
            expect(position.get(id)).toBeLessThan(position.get(node.id)!);
          }
        }
      }),
    );
  });

  test("looks at each edge a fixed number of times, also in a chain of 100,000", () => {
    let looks = 0;
    const nodes = Array.from({ length: 100_000 }, (_, index) => ({
      id: `n${index}`,
      get dependsOn() {
        looks++;
        return index + 1 < 100_000 ? [`n${index + 1}`] : [];
      },
    }));
    const { order } = orderByDependency(nodes);
    expect(order).toHaveLength(100_000);
    expect(order[0]).toBe("n99999");
    expect(looks).toBeLessThanOrEqual(3 * nodes.length);
  });
});

describe("a circle", () => {
  test("is shown from its first node back to it", () => {
    expect(orderByDependency(graph({ x: ["a"], a: ["b"], b: ["c"], c: ["a"] })).cycles).toEqual([["a", "b", "c", "a"]]);
  });

  test("of one node is one too", () => {
    expect(orderByDependency(graph({ a: ["a"] })).cycles).toEqual([["a", "a"]]);
  });

  test("is found beside another one", () => {
    const { cycles } = orderByDependency(graph({ a: ["b"], b: ["a"], c: ["d"], d: ["c"] }));
    expect(cycles).toEqual([
      ["a", "b", "a"],
      ["c", "d", "c"],
    ]);
  });

  test("is always reported, and always real, when an edge closes one", () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), (nodes, pick) => {
        const { order } = orderByDependency(nodes);
        const last = order[pick % order.length]!;
        const first = [...reachable(last, nodes)].at(-1)!;
        const closed = nodes.map((node) =>
          node.id === first ? { ...node, dependsOn: [...node.dependsOn, last] } : node,
        );
        const { cycles } = orderByDependency(closed);
        expect(cycles.length).toBeGreaterThan(0);
        const edges = new Map(closed.map((node) => [node.id, node.dependsOn]));
        for (const cycle of cycles) {
          expect(cycle[0]).toBe(cycle.at(-1));
          expect(new Set(cycle).size).toBe(cycle.length - 1);
          for (const [index, id] of cycle.slice(0, -1).entries()) {
            expect(edges.get(id)).toContain(cycle[index + 1]);
          }
        }
      }),
    );
  });
});

function reachable(start: string, nodes: readonly DependencyNode[]): Set<string> {
  const found = new Set([start]);
  for (const id of found) {
    for (const next of nodes.find((node) => node.id === id)?.dependsOn ?? []) {
      found.add(next);
    }
  }
  return found;
}

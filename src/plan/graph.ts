/** Something with an id that waits for others. */
export interface DependencyNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface DependencyOrder {
  /** Every node after all that it depends on; otherwise in the order given. With cycles there is no such order. */
  readonly order: readonly string[];
  /** Paths that lead back to their start, `[a, b, a]`: a names b, b names a. None when the graph is sound. */
  readonly cycles: readonly (readonly string[])[];
  /** For each id those that name it, in the order given. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
}

/** Who mends this many circles runs the check again; finding all of them takes exponential time. */
const mostCycles = 20;

/**
 * Order, circles and dependants of a graph, in time linear in its nodes and edges, and without recursion, so that
 * a chain of 100,000 is no problem. Ids that no node has are ignored; of two nodes with one id the first counts.
 */
export function orderByDependency(nodes: readonly DependencyNode[]): DependencyOrder {
  const byId = new Map<string, DependencyNode>();
  for (const node of nodes) {
    if (!byId.has(node.id)) {
      byId.set(node.id, node);
    }
  }
  const order: string[] = [];
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  for (const start of byId.values()) {
    visit(start);
  }
  return { order, cycles, dependants: dependantsOf(byId) };

  function visit(start: DependencyNode): void {
    if (state.has(start.id)) {
      return;
    }
    const path = [{ node: start, next: 0 }];
    state.set(start.id, "open");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const id = top.node.dependsOn[top.next++];
      if (id === undefined) {
        state.set(top.node.id, "done");
        order.push(top.node.id);
        path.pop();
        continue;
      }
      const node = byId.get(id);
      const seen = state.get(id);
      if (node !== undefined && seen === undefined) {
        state.set(id, "open");
        path.push({ node, next: 0 });
      } else if (seen === "open" && cycles.length < mostCycles) {
        const ids = path.map((step) => step.node.id);
        cycles.push([...ids.slice(ids.indexOf(id)), id]);
      }
    }
  }
}

function dependantsOf(byId: ReadonlyMap<string, DependencyNode>): Map<string, string[]> {
  const dependants = new Map<string, string[]>([...byId.keys()].map((id) => [id, []]));
  for (const node of byId.values()) {
    for (const id of new Set(node.dependsOn)) {
      dependants.get(id)?.push(node.id);
    }
  }
  return dependants;
}

/** The given ids with all that they depend on, directly or not, in the given order. */
export function closeOver(
  ids: readonly string[],
  nodes: readonly DependencyNode[],
  order: readonly string[],
): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const closed = new Set<string>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (!closed.has(id)) {
      closed.add(id);
      for (const dependency of byId.get(id)?.dependsOn ?? []) {
        open.push(dependency);
      }
    }
  }
  return order.filter((id) => closed.has(id));
}

import type { AnyStateMachine, AnyStateNode } from "xstate";

/** The active state nodes of a machine with this state value, but for the root. */
export function nodesOf(machine: AnyStateMachine, value: unknown): AnyStateNode[] {
  const found: AnyStateNode[] = [];
  const visit = (node: AnyStateNode, inner: unknown): void => {
    const members = typeof inner === "string" ? { [inner]: undefined } : ((inner ?? {}) as Record<string, unknown>);
    for (const [key, below] of Object.entries(members)) {
      const child = node.states[key];
      if (child !== undefined) {
        found.push(child);
        visit(child, below);
      }
    }
  };
  visit(machine.root, value);
  return found;
}

/** A state node and all below it. */
export function allNodes(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values<AnyStateNode>(node.states).flatMap(allNodes)];
}

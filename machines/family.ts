import type { AnyActorRef, EventObject } from "xstate";

interface Sender {
  sendTo(target: AnyActorRef, event: EventObject): void;
}

/** Tells the parent, where there is one: every machine also runs alone. */
export function tellParent(self: AnyActorRef, enqueue: Sender, event: EventObject): void {
  if (self._parent !== undefined) {
    enqueue.sendTo(self._parent, event);
  }
}

/** Tells one child, where it still lives. Children are found by id, so that the cost does not grow with them (I10). */
export function tellChild(self: AnyActorRef, enqueue: Sender, id: string, event: EventObject): void {
  const child = childrenOf(self)[id];
  if (child !== undefined && isActive(child)) {
    enqueue.sendTo(child, event);
  }
}

/** The child with this id, ended or not. */
export function childOf(self: AnyActorRef, id: string): AnyActorRef | undefined {
  return childrenOf(self)[id];
}

/** Tells all living children of the named machines. For what happens once in a life: start, pause, end. */
export function tellChildren(self: AnyActorRef, enqueue: Sender, sources: readonly string[], event: EventObject): void {
  for (const child of Object.values(childrenOf(self))) {
    if (child !== undefined && sources.includes(String(child.src)) && isActive(child)) {
      enqueue.sendTo(child, event);
    }
  }
}

/** None while the actor is being made: it has no snapshot yet, and its first children need not be told anything. */
function childrenOf(self: AnyActorRef): Record<string, AnyActorRef | undefined> {
  try {
    const snapshot: unknown = self.getSnapshot();
    return (snapshot as { children?: Record<string, AnyActorRef | undefined> } | undefined)?.children ?? {};
  } catch {
    return {};
  }
}

function isActive(child: AnyActorRef): boolean {
  return (child.getSnapshot() as { status?: string } | undefined)?.status === "active";
}

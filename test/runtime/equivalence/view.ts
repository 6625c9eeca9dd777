import type { AnyActorRef, AnyStateMachine } from "xstate";
import { internal, processing } from "../../../src/runtime/xstate/internals.ts";
import { parentOf } from "./logics.ts";

interface Shown {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly tags?: ReadonlySet<string>;
  readonly children?: Readonly<Record<string, AnyActorRef>>;
}

/** Not by `getSnapshot`, which throws for one that is not made yet, or could not be. */
const shownOf = (actor: AnyActorRef): Shown => internal(actor)._snapshot as unknown as Shown;

/** All that a user can see of an actor. */
export function view(actor: AnyActorRef): unknown {
  const { status, value, context, input, output, error, tags, children } = shownOf(actor);
  return {
    status,
    value,
    context: contextView(context, status),
    input,
    output,
    error: messageOf(error),
    // XState derives them from the state; one that failed while it was made shows those of no state.
    tags: status === "error" ? [] : [...(tags ?? [])].sort(),
    // What an ended machine still lists of children that were stopped with it is of no use to anybody.
    children: status === "active" ? childrenView(children ?? {}) : undefined,
  };
}

/** Ids that XState made up are other ones in each process. */
export const messageOf = (error: unknown): unknown =>
  error instanceof Error ? error.message.replace(/\bx:\d+/g, "x") : error;

/**
 * A reference shows the actor that it leads to, as long as there is somebody to use it: the children of a machine that
 * threw run on in XState until the process ends.
 */
function contextView(context: unknown, status: string): unknown {
  const ref = (context as { ref?: AnyActorRef } | undefined)?.ref;
  if (ref === undefined) {
    return context;
  }
  return { ...(context as object), ref: status === "active" ? view(ref) : "" };
}

/**
 * Ids of children that got none differ between processes. XState files all that `spawnChild` makes under "undefined",
 * so that only the last is found; Pawl keeps each.
 */
function childrenView(children: Readonly<Record<string, AnyActorRef>>): unknown {
  const named: [string, unknown][] = [];
  const spawned: unknown[] = [];
  let last: unknown;
  for (const [key, child] of Object.entries(children)) {
    const { src } = internal(child);
    if (src === "lone") {
      last = view(child);
    } else if (src === "loneRef") {
      spawned.push(view(child));
    } else {
      named.push([key, view(child)]);
    }
  }
  return { ...Object.fromEntries(named), spawned, last };
}

/**
 * XState can leave a region of a parallel state without any active node, when a history state without a past is the
 * target. Such a configuration has no value that tells it, so it cannot be stored; XState's own persistence mends it.
 */
export function isWhole(actor: AnyActorRef): boolean {
  const snapshot = actor.getSnapshot() as {
    machine?: AnyStateMachine;
    value: never;
    context: never;
    _nodes: readonly unknown[];
    status: string;
    children: Record<string, AnyActorRef>;
  };
  if (snapshot.machine === undefined || snapshot.status === "error") {
    return true;
  }
  const { value, context } = snapshot;
  const { _nodes: nodes } = snapshot.machine.resolveState({ value, context }) as unknown as {
    _nodes: readonly unknown[];
  };
  return nodes.length === snapshot._nodes.length && Object.values(snapshot.children).every(isWhole);
}

/**
 * Whether an actor runs that its parent lost. XState files a second child of one id over the first, which happens too
 * when a history state without a past enters a state again that it did not leave; and it does not stop the children of
 * a machine that threw. Such an actor is nobody's child, so that it is not restored: it ends with its process. XState's
 * own persistence loses it too.
 */
export function isLost(actor: AnyActorRef): boolean {
  const parent = parentOf(actor);
  const { _processingStatus: stage, src } = internal(actor);
  if (parent === undefined || src === "lone" || stage === processing.stopped) {
    return false;
  }
  const { status, children } = shownOf(parent);
  const isListed = status === "active" && children?.[actor.id] === actor;
  // Nobody looks below a root that threw.
  const isBelowEnd = status !== "active" && parentOf(parent) === undefined;
  // One that could not be made has no snapshot.
  return (shownOf(actor) as Shown | undefined)?.status === "active" && !isListed && !isBelowEnd;
}

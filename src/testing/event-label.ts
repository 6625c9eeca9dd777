import type { AnyStateNode } from "xstate";

/** Where an event of a path comes from: a sender outside, a timer (`after`), or an actor the machine invoked. */
export type EventCause = "outside" | "timer" | "result" | "failure" | "snapshot";

const timerType = /^xstate\.after\.(.*)$/;
const actorType = /^xstate\.(done|error)\.actor\.(.*)$/;
const snapshotType = /^xstate\.snapshot\.(.*)$/;

export function causeOf(type: string): EventCause {
  if (timerType.test(type)) {
    return "timer";
  }
  const actor = actorType.exec(type);
  if (actor !== null) {
    return actor[1] === "done" ? "result" : "failure";
  }
  return snapshotType.test(type) ? "snapshot" : "outside";
}

/** Id of the actor whose result or snapshot the event brings; `undefined` for all other events. */
export function actorIdOf(type: string): string | undefined {
  return actorType.exec(type)?.[2] ?? snapshotType.exec(type)?.[1];
}

/** What to call an event that `node` reacts to: XState's own names hide the delay and the actor in an id. */
export function eventLabel(node: AnyStateNode, type: string): string {
  if (type === `xstate.done.state.${node.id}`) {
    return "done";
  }
  const cause = causeOf(type);
  if (cause === "outside") {
    return type;
  }
  if (cause === "timer") {
    const delay = node.after.find((transition) => transition.eventType === type)?.delay;
    return typeof delay === "number" ? `after ${delay} ms` : `after ${String(delay ?? timerType.exec(type)?.[1])}`;
  }
  const actor = actorName(node, actorIdOf(type) ?? type);
  return `${actor} ${cause === "result" ? "done" : cause === "failure" ? "failed" : "changed"}`;
}

/** The name an invoked actor is registered under; its id where it was given in place. */
export function actorName(node: AnyStateNode, id: string): string {
  const invoked = node.invoke.find((entry) => entry.id === id);
  const src: unknown = invoked?.src;
  return typeof src === "string" && !src.startsWith("xstate.invoke.") ? src : id;
}

import type { AnyEventObject, StateValue } from "xstate";
import type { MachinePath } from "./paths.ts";

/**
 * Something that is to behave as a machine says: the machine itself, a durable actor, rows of a database, a page of a
 * browser. Each method may return a promise.
 */
export interface PathSubject {
  /** Brings it to where the machine starts. */
  start(): unknown;
  /**
   * Makes the event happen. A timer's event (`xstate.after.…`) and an actor's answer (`xstate.done.actor.…`,
   * `xstate.error.actor.…`) come here too, for the subject to let the time pass or the effect settle.
   */
  send(event: AnyEventObject): unknown;
  /** Where it is now, as the machine would say it. */
  state(): StateValue | Promise<StateValue>;
  /** Called once for each path, also after a failure. */
  stop(): unknown;
}

/** Makes a fresh subject for each path; `path.input` is what the machine of the path was started with. */
export type SubjectFactory = (path: MachinePath) => PathSubject | Promise<PathSubject>;

import { fromPromise, type PromiseActorLogic } from "xstate";

/** Stands where the host will provide an effect (`machine.provide({ actors })`). Never settles. */
export function unprovided<Output, Input>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(() => new Promise(() => {}));
}

/**
 * The guard by which a machine itself ends an effect that takes too long. A host whose effects keep the time of what
 * they execute, and say so with `timed_out`, provides one that is false: the time of a machine goes on while nothing is
 * executed, over a restart too.
 */
export const isTimed = (): boolean => true;

/** What an effect's rejection says, in words. An error that went through a store is a plain object. */
export function failureText(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) {
    return String(error.message);
  }
  return String(error);
}

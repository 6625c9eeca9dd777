/** What is said of an effect, and looked at when it is said: what is misspelt would be as if it were not there, or have no end. */
import { inspect } from "node:util";
import { PawlError } from "../base/errors/index.ts";
import { type InternalLogic, kindOf } from "./xstate/internals.ts";

/** When, and how often, a failed attempt of an effect is made again. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly max: number;
  /** Wait before the second attempt. Default 0. */
  readonly backoffMs?: number | undefined;
  /** What the wait is multiplied by each time. Default 2. */
  readonly factor?: number | undefined;
  /** The longest wait. Default 1 hour. */
  readonly maxBackoffMs?: number | undefined;
}

export interface EffectPolicy {
  /** Default: one attempt, and those that a crash cut off are made again. */
  readonly retry?: RetryPolicy | undefined;
  /** How long one attempt may take; then its signal fires and the attempt counts as failed. Default: as long as it likes. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long after its start an attempt of a crashed process may still be running elsewhere; a restart waits it out.
   * Default 0.
   */
  readonly leaseMs?: number | undefined;
  /** The idempotency key, from the input. Default: store id and number of the actor. */
  readonly key?: ((input: never) => string) | undefined;
}

interface Asked {
  readonly asked: string;
  readonly isMet: (value: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const notNegative: Asked = { asked: "a number that is not negative", isMet: (v) => isNumber(v) && v >= 0 };

const retryMembers: Record<keyof RetryPolicy, Asked> = {
  max: {
    asked: "a whole number, or Infinity",
    isMet: (v) => v === Number.POSITIVE_INFINITY || (Number.isInteger(v) && Number(v) >= 0),
  },
  backoffMs: notNegative,
  factor: notNegative,
  maxBackoffMs: notNegative,
};
const members: Record<keyof EffectPolicy, Asked> = {
  retry: { asked: "an object with max", isMet: (v) => typeof v === "object" && v !== null && Reflect.has(v, "max") },
  timeoutMs: { asked: "a number of milliseconds above 0", isMet: (v) => isNumber(v) && v > 0 },
  leaseMs: notNegative,
  key: { asked: "a function of the input", isMet: (v) => typeof v === "function" },
};

/** @throws PawlError EFFECT_POLICY_INVALID */
export function refuseBadPolicy(policy: EffectPolicy): void {
  if (typeof policy !== "object" || policy === null) {
    throw fault("the policy", policy, "an object");
  }
  refuseBadMembers("", policy, members);
  refuseBadMembers("retry.", policy.retry ?? {}, retryMembers);
}

function refuseBadMembers(prefix: string, object: object, known: Readonly<Record<string, Asked>>): void {
  for (const [name, value] of Object.entries(object)) {
    if (!Object.hasOwn(known, name)) {
      throw fault(prefix + name, value, `one of ${Object.keys(known).join(", ")}`);
    }
    const isLeftOut = value === undefined && name !== "max";
    if (!isLeftOut && known[name]?.isMet(value) === false) {
      throw fault(prefix + name, value, known[name].asked);
    }
  }
}

/**
 * Whatever a policy calls a key is one, if it is the same text each time, and that of no other effect: `{}` is what
 * every promise, Map and the like would be. The store keeps no half of a character, and a restart takes the key from it.
 * @throws PawlError EFFECT_POLICY_INVALID
 */
export function keyText(given: unknown): string {
  const text = typeof given === "string" ? given : (JSON.stringify(given) ?? String(given));
  if (text === "{}" && typeof given !== "string") {
    throw fault("what key gives", given, "a text");
  }
  return text.toWellFormed();
}

/** Nothing else is an effect that can be made again. @throws PawlError EFFECT_POLICY_INVALID */
export function refuseNoPromise(logic: unknown): void {
  const kind =
    typeof logic === "object" && logic !== null && "transition" in logic ? kindOf(logic as InternalLogic) : undefined;
  if (typeof logic !== "function" && kind !== "promise") {
    const what = kind === undefined ? shown(logic) : `one of kind ${kind}`;
    throw refused("the logic", what, "that of fromPromise(), or a function that gives a promise");
  }
}

const shown = (value: unknown): string => inspect(value, { depth: 0, breakLength: 120 });

const fault = (place: string, value: unknown, asked: string): PawlError => refused(place, shown(value), asked);

const refused = (place: string, value: string, asked: string): PawlError =>
  new PawlError("EFFECT_POLICY_INVALID", { place, value, asked });

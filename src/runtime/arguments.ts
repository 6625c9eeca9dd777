/** What callers hand over is looked at before anything of it is kept: what the store refuses would end the runtime. */
import { inspect } from "node:util";
import type { AnyActorLogic } from "xstate";
import { holdsControls, holdsHalfCharacters } from "../base/control-characters.ts";
import { PawlError } from "../base/errors/index.ts";
import { nearest } from "../base/nearest.ts";
import { longestRootId } from "../store/port.ts";
import type { AuditNote } from "./entity.ts";

/**
 * What is misspelt would be as if it were not there. `also` are taken, and not spoken of.
 * @throws PawlError OPTIONS_INVALID
 */
export function refuseUnknownOptions(
  place: string,
  options: unknown,
  known: readonly string[],
  also: readonly string[] = [],
): void {
  const refused = (what: string): PawlError =>
    new PawlError("OPTIONS_INVALID", { place, what, known: known.join(", ") });
  if (typeof options !== "object" || options === null) {
    throw refused(`${shown(options)} for its options`);
  }
  for (const option of Object.keys(options)) {
    if (!known.includes(option) && !also.includes(option)) {
      const near = nearest(option, known);
      throw refused(`the option ${shown(option)}${near === undefined ? "" : ` (${near}?)`}`);
    }
  }
}

/**
 * The same for options that are texts or truths: what is another would find nothing, or fail where nobody waits for it.
 * One without a type is looked at by who takes it.
 * @throws PawlError OPTIONS_INVALID
 */
export function refuseOtherOptions(
  place: string,
  options: unknown,
  types: Readonly<Record<string, "string" | "boolean" | undefined>>,
): void {
  refuseUnknownOptions(place, options, Object.keys(types));
  for (const [option, type] of Object.entries(types)) {
    const value = (options as Readonly<Record<string, unknown>>)[option];
    if (type !== undefined && value !== undefined && typeof value !== type) {
      const known = Object.entries(types).map(([name, one]) => (one === undefined ? name : `${name} (${one})`));
      throw new PawlError("OPTIONS_INVALID", { place, what: `${shown(value)} for ${option}`, known: known.join(", ") });
    }
  }
}

/** @throws PawlError ACTOR_ID_INVALID */
export function refuseBadId(id: unknown): asserts id is string {
  const fault = whyNoId(id);
  if (fault !== undefined) {
    throw new PawlError("ACTOR_ID_INVALID", { id: shown(id), fault, most: longestRootId });
  }
}

/** The key of a delivery; undefined where there is none. @throws PawlError OPTIONS_INVALID, IDEMPOTENCY_KEY_INVALID */
export function idempotencyKeyOf(
  actor: string,
  options: { readonly idempotencyKey?: unknown } | null | undefined,
): string | undefined {
  refuseUnknownOptions("deliver", options ?? {}, ["idempotencyKey"]);
  const key: unknown = options?.idempotencyKey ?? undefined;
  const fault = key === undefined ? undefined : whyNoId(key);
  if (fault !== undefined) {
    throw new PawlError("IDEMPOTENCY_KEY_INVALID", { actor, key: shown(key), fault, most: longestRootId });
  }
  return key as string | undefined;
}

function whyNoId(id: unknown): string | undefined {
  if (typeof id !== "string") {
    return "it is no text";
  }
  if (id === "" || id.length > longestRootId) {
    return `it has ${id.length} characters`;
  }
  if (holdsControls(id)) {
    return "it holds a control character";
  }
  return whyNotKept(id);
}

/** The store keeps UTF-8, which has no half of a character: the actor would have another id after a restart. */
export const whyNotKept = (id: string): string | undefined =>
  holdsHalfCharacters(id) ? "it holds half a character" : undefined;

/** XState ends the actor of it, which here would be for good. @throws PawlError EVENT_INVALID */
export function refuseNoEvent(actor: string, event: { readonly type?: unknown } | null | undefined): void {
  if (typeof event?.type !== "string") {
    throw new PawlError("EVENT_INVALID", { actor, event: shown(event) });
  }
}

/** None at all is left to XState. @throws PawlError SYSTEM_ID_INVALID */
export function refuseBadSystemId(actor: string, systemId: unknown): void {
  if (systemId !== undefined && systemId !== null && typeof systemId !== "string") {
    throw new PawlError("SYSTEM_ID_INVALID", { actor, systemId: shown(systemId) });
  }
}

/** Options of XState's `createActor` that a durable actor cannot have, and what its maker does instead. */
const notItsOwn = Object.entries({
  clock: "All timers of a runtime are durable and keep its clock: openRuntime({ clock }).",
  logger: "All actors of a runtime share its logger: openRuntime({ logger }).",
  snapshot: "The store has it: leave it out and the actor with this id goes on, or take runtime.fork().",
  parent: "Leave it out: a child is made by its parent, with spawn or invoke.",
});

/** XState's own: some are refused for a reason of their own, the others mean nothing here. */
const optionsOfXState = [...notItsOwn.map(([option]) => option), "devTools", "src", "state", "syncSnapshot"];

/** @throws PawlError OPTIONS_INVALID */
export function refuseUnknownActorOptions(options: unknown): void {
  refuseUnknownOptions("createActor", options, ["id", "input", "systemId", "inspect"], optionsOfXState);
}

/** @throws PawlError OPTION_NOT_DURABLE, SYSTEM_ID_INVALID, OPTIONS_INVALID */
export function refuseBadOptions(actor: string, options: Readonly<Record<string, unknown>>): void {
  for (const [option, instead] of notItsOwn) {
    if (options[option] !== undefined) {
      throw new PawlError("OPTION_NOT_DURABLE", { actor, option, instead });
    }
  }
  refuseBadSystemId(actor, options["systemId"]);
  if (options["inspect"] !== undefined && options["inspect"] !== null) {
    refuseNoObserver("the inspect of createActor", options["inspect"]);
  }
}

/** Else it would fail when it is told of the first event, in a turn of its own. @throws PawlError OPTIONS_INVALID */
export function refuseNoObserver(place: string, observer: unknown): void {
  if (typeof observer !== "function" && (typeof observer !== "object" || observer === null)) {
    throw new PawlError("OPTIONS_INVALID", {
      place,
      what: shown(observer),
      known: "a function, or an object with next()",
    });
  }
}

/**
 * What is no number would be waited for without end, or never come.
 * @throws PawlError DURATION_OPTION_INVALID
 */
export function refuseBadDuration(place: string, value: unknown): void {
  const isLeftOut = value === undefined || value === null;
  if (!isLeftOut && !(typeof value === "number" && value >= 0)) {
    throw new PawlError("DURATION_OPTION_INVALID", { place, value: shown(value) });
  }
}

const registrationOptions = ["logic", "version", "migrate", "passivateAfterMs", "entity"];

/** @throws PawlError MACHINE_INVALID, OPTIONS_INVALID, DURATION_OPTION_INVALID */
export function refuseBadRegistrations(machines: unknown): void {
  if (typeof machines !== "object" || machines === null) {
    throw new PawlError("MACHINE_INVALID", { place: "machines", value: shown(machines) });
  }
  for (const [name, entry] of Object.entries(machines as Readonly<Record<string, unknown>>)) {
    const { logic, passivateAfterMs } = (entry ?? {}) as {
      readonly logic?: unknown;
      readonly passivateAfterMs?: unknown;
    };
    if (!isLogic(entry) && !isLogic(logic)) {
      throw new PawlError("MACHINE_INVALID", { place: `machines.${name}`, value: shown(entry) });
    }
    refuseBadDuration(`machines.${name}.passivateAfterMs`, passivateAfterMs);
    if (!isLogic(entry)) {
      refuseUnknownOptions(`openRuntime: machines.${name}`, entry, registrationOptions);
    }
  }
}

/** @throws PawlError LOGIC_INVALID */
export function refuseBadLogic(logic: unknown): void {
  if (!isLogic(logic)) {
    throw new PawlError("LOGIC_INVALID", { value: shown(logic) });
  }
}

export const isLogic = (value: unknown): value is AnyActorLogic =>
  typeof value === "object" && value !== null && "transition" in value && "getInitialSnapshot" in value;

const noteTypes: readonly unknown[] = ["manual_override", "error", "warning"] satisfies AuditNote["type"][];

/** @throws PawlError NOTE_INVALID */
export function refuseBadNote(actor: string, note: AuditNote): void {
  const { type, trigger, reason, operator }: Partial<Record<keyof AuditNote, unknown>> = note ?? {};
  const fault = (member: string, value: unknown): never => {
    throw new PawlError("NOTE_INVALID", { actor, member, value: shown(value) });
  };
  if (!noteTypes.includes(type)) {
    fault("type", type);
  }
  if (typeof trigger !== "string" || trigger === "") {
    fault("trigger", trigger);
  }
  if (typeof reason !== "string") {
    fault("reason", reason);
  }
  if (operator !== undefined && typeof operator !== "string") {
    fault("operator", operator);
  }
}

export const shown = (value: unknown): string =>
  typeof value === "string"
    ? JSON.stringify(value)
    : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });

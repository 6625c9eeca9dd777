import * as z from "zod";
import { successorId, workstreamOf } from "../../../machines/ids.ts";
import { holdsControlsBesidesLayout } from "../../base/control-characters.ts";
import { PawlError } from "../../base/errors/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { topState } from "../../store/fold.ts";
import type { Configuration } from "../state/index.ts";
import { overEndedRun } from "./other-builds.ts";
import { type OverrideName, overrideNames, overrides } from "./overrides.ts";
import { entityActorId } from "./reactions.ts";

/** What a person asks of a run: to end it, or to override one of its machines. */
export const intervention = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("cancel"), operator: z.string(), reason: z.string().optional() }),
  z.object({
    kind: z.literal("override"),
    name: z.enum(overrideNames as [OverrideName, ...OverrideName[]]),
    /** As the machines name it: `client.bump`. */
    entity: z.string(),
    operator: z.string(),
    reason: z.string(),
  }),
]);

export type Intervention = z.infer<typeof intervention>;

/** What an intervention needs of the runtime. */
export interface InterventionDoor {
  deliver(actor: string, event: { readonly type: string }, idempotencyKey: string): Promise<void>;
  note(
    actor: string,
    note: { type: "manual_override" | "error"; trigger: string; reason: string; operator: string | undefined },
  ): Promise<void>;
  /** Outermost state and status of an actor; undefined where there is none. */
  stateOf(actor: string): { readonly state: string; readonly isOver: boolean } | undefined;
}

/** The door that a runtime is. */
export function interventionDoor(runtime: Pick<Runtime, "deliver" | "note" | "actor">): InterventionDoor {
  return {
    deliver: (actor, event, idempotencyKey) => runtime.deliver(actor, event, { idempotencyKey }),
    note: (actor, note) => runtime.note(actor, note),
    stateOf: (actor) => {
      const snapshot = overEndedRun(() => runtime.actor(actor))?.getSnapshot() as
        | { value: unknown; status: string }
        | undefined;
      return snapshot && { state: topState(snapshot.value), isOver: snapshot.status !== "active" };
    },
  };
}

const nameLimit = 200;
const reasonLimit = 2_000;

/**
 * Carries out an intervention, and resolves when it is durable. What is refused leaves the attempt in the log.
 *
 * @param id makes a second request of one id a no-op
 * @throws PawlError UNAUTHORIZED, INTERVENTION_TEXT, ENTITY_UNKNOWN, RESET_TOO_LATE; InvalidTransitionError,
 *   GuardRejected, TerminalStateViolation
 */
export async function intervene(
  door: InterventionDoor,
  run: string,
  asked: Intervention,
  {
    id,
    configuration,
    folder,
  }: { readonly id: string; readonly configuration: Configuration; readonly folder: string },
): Promise<void> {
  const target = asked.kind === "cancel" ? run : entityActorId(run, overrides[asked.name].entity, asked.entity);
  const trigger = asked.kind === "cancel" ? "user_cancelled" : overrides[asked.name].trigger;
  checkCharacters("operator", asked.operator, nameLimit);
  checkCharacters("reason", asked.reason ?? "", reasonLimit);
  const found = door.stateOf(target);
  if (found === undefined) {
    throw new PawlError("ENTITY_UNKNOWN", {
      id: asked.kind === "cancel" ? run : asked.entity,
      folder,
      nearest: "none",
    });
  }
  const refuse = async (refusal: PawlError): Promise<never> => {
    await door.note(target, {
      type: "error",
      trigger,
      reason: refusal.message,
      operator: asked.operator || undefined,
    });
    throw refusal;
  };
  const missing = asked.operator.trim() === "" ? "operator" : asked.reason?.trim() === "" ? "reason" : undefined;
  if (missing !== undefined) {
    const limit = missing === "operator" ? nameLimit : reasonLimit;
    return await refuse(new PawlError("INTERVENTION_TEXT", { what: missing, length: 0, limit }));
  }
  const { operators } = configuration;
  if (operators !== undefined && !operators.includes(asked.operator)) {
    const action = `${trigger} of ${asked.kind === "cancel" ? run : asked.entity}`;
    const { operator } = asked;
    return await refuse(new PawlError("UNAUTHORIZED", { operator, action, operators: operators.join(", ") }));
  }
  if (asked.kind === "override" && asked.name === "reset-task" && found.isOver && found.state !== "completed") {
    await redo(door, run, asked, { id, refuse });
    return;
  }
  const { operator, reason } = asked;
  const event = { type: trigger, operator, ...(reason !== undefined && { reason }) };
  await door.deliver(target, event, id);
}

/** A terminal state stays (I6): what is done again is a successor that names the old one. */
async function redo(
  door: InterventionDoor,
  run: string,
  { entity, operator, reason }: Extract<Intervention, { kind: "override" }>,
  { id, refuse }: { readonly id: string; readonly refuse: (refusal: PawlError) => Promise<never> },
): Promise<void> {
  const workstream = workstreamOf(entity);
  const parent = `${run}/${workstream}`;
  const state = door.stateOf(parent)?.state ?? "unknown";
  if (state !== "executing" && state !== "paused") {
    return await refuse(new PawlError("RESET_TOO_LATE", { task: entity, workstream, state }));
  }
  let number = 1;
  while (door.stateOf(entityActorId(run, "task", successorId(entity, number))) !== undefined) {
    number += 1;
  }
  const successor_id = successorId(entity, number);
  const event = { type: "task_redone", task_id: entity, successor_id, operator, reason };
  await door.deliver(parent, event, id);
  const note = { type: "manual_override", trigger: "override_reset_task", operator } as const;
  await door.note(entityActorId(run, "task", successor_id), { ...note, reason: `does ${entity} again: ${reason}` });
}

/** Before anything is written. */
function checkCharacters(what: string, text: string, limit: number): void {
  if (text.length > limit || holdsControlsBesidesLayout(text)) {
    throw new PawlError("INTERVENTION_TEXT", { what, limit, length: text.length });
  }
}

/** Turns what an actor did into journal rows, audit events and rows of its entity. */
import type { AnyEventObject, AnyMachineSnapshot, Snapshot } from "xstate";
import { isWhole, stateText, topState } from "../store/fold.ts";
import { type AuditContext, addAudit, severityOf, textMember } from "./audit.ts";
import { notSerializable, readable } from "./codec.ts";
import { type DeltaText, members, whole, withMember } from "./delta.ts";
import { entityId, entityStep, type PlainStep, writeRows } from "./entity-rows.ts";
import { describeEvent } from "./event-text.ts";
import type { Live, Step } from "./live.ts";
import type { Unserializable } from "./refused-values.ts";
import { snapshotDelta, viewOf } from "./view.ts";
import {
  childSnapshotPrefix,
  innerMachine,
  isMachine,
  isMachineSnapshot,
  type TakenTransition,
} from "./xstate/internals.ts";

/** Snapshots are rebuilt from deltas; so many of them and a whole one is kept again. */
const deltasToWhole = 200;

export interface RecordContext extends AuditContext {
  nextSeq(): number;
}

/** An actor was made: its first snapshot, whole. @throws PawlError NOT_SERIALIZABLE */
export function recordMade(context: RecordContext, live: Live, snapshot: Snapshot<unknown>): void {
  const steps = takeSteps(live);
  checkSteps(live, steps);
  const input = live.actor.options.input;
  addJournal(
    context,
    live,
    { type: "xstate.init", ...(input === undefined ? {} : { input }) },
    wholeOf(live, snapshot),
  );
  live.recorded = snapshot;
  if (!isMachineSnapshot(snapshot)) {
    return;
  }
  const initial = initialState(live);
  const init = { type: "xstate.init" };
  writeRows(context, live, {
    from: undefined,
    to: initial,
    trigger: init.type,
    event: init,
    before: undefined,
    snapshot,
  });
  live.state = initial;
  if (snapshot.status !== "error") {
    recordSteps(context, live, steps, undefined);
  }
  live.state = shownState(live, snapshot);
}

/** A macrostep ended well. @throws PawlError NOT_SERIALIZABLE before anything of it is recorded */
export function recordTransition(
  context: RecordContext,
  live: Live,
  event: AnyEventObject,
  next: Snapshot<unknown>,
): void {
  const before = live.recorded;
  const steps = takeSteps(live);
  const taken = steps.length > 0;
  if (next === before && !taken) {
    return;
  }
  checkSteps(live, steps);
  const delta =
    before === undefined || live.deltas >= deltasToWhole
      ? wholeOf(live, next)
      : guarded(live, () => snapshotDelta(live.logic, before, next, live.root.numbers.of));
  addJournal(context, live, event, delta);
  live.recorded = next;
  recordSteps(context, live, steps, before);
  if (isMachineSnapshot(next) && delta !== undefined) {
    const to = shownState(live, next);
    writeRows(context, live, { from: to, to, trigger: event.type, event, before: machineOf(before), snapshot: next });
  }
}

/** The snapshot changed outside a transition (an error while starting, a transition that threw). */
export function recordOutcome(context: RecordContext, live: Live): void {
  const { actor, recorded: before } = live;
  if (actor.getSnapshot() === before) {
    return;
  }
  live.steps.length = 0;
  const delta = () =>
    before === undefined
      ? wholeOf(live, actor.getSnapshot())
      : guarded(live, () => snapshotDelta(live.logic, before, actor.getSnapshot(), live.root.numbers.of));
  let outcome: DeltaText | undefined;
  try {
    outcome = delta();
  } catch (error) {
    // Anything can be thrown; what cannot be kept is known by its place from here on, in memory as on disk.
    actor._snapshot = { ...actor.getSnapshot(), error } as Snapshot<unknown>;
    outcome = delta();
  }
  addJournal(context, live, { type: "xstate.error" }, outcome);
  live.recorded = actor.getSnapshot();
}

export const migratedEvent = "pawl.migrated";

/** A migrate function brought a stored actor to another version of its machine: what follows builds on that. */
export function recordMigrated(context: RecordContext, live: Live, versions: { from: string; to: string }): void {
  const snapshot = live.actor.getSnapshot();
  addJournal(context, live, { type: migratedEvent, ...versions }, wholeOf(live, snapshot));
  const from = live.state ?? "";
  const to = isMachineSnapshot(snapshot) ? shownState(live, snapshot) : from;
  if (from !== to) {
    const eventType = `${live.type.name}_state_transition`;
    const place = { eventType, entityId: entityId(live), from, to, trigger: "migrate", severity: "info" };
    addAudit(context, live, { ...place, audit: { metadata: versions } });
    live.state = to;
  }
}

/** The parent let go of a child that had ended before: it is not in the parent's `children` from here on. */
export function recordLeft(context: RecordContext, live: Live): void {
  if (live.recorded?.status !== "stopped") {
    addJournal(
      context,
      live,
      { type: "pawl.left" },
      members(withMember("", "left", whole(true, "left", live.root.numbers.of))),
    );
  }
}

function takeSteps(live: Live): Step[] {
  const { steps } = live;
  if (steps.length > 0) {
    live.steps = [];
  }
  return steps;
}

function guarded<T>(live: Live, run: () => T): T {
  try {
    return readable("snapshot", run);
  } catch (error) {
    throw notSerializable(live.id, error as Unserializable);
  }
}

/** @throws PawlError NOT_SERIALIZABLE */
function wholeOf(live: Live, snapshot: Snapshot<unknown>): DeltaText {
  return guarded(live, () => whole(viewOf(live.logic, snapshot), "snapshot", live.root.numbers.of));
}

function addJournal(context: RecordContext, live: Live, event: AnyEventObject, delta: DeltaText = "{}"): void {
  const group = context.group();
  live.deltas = isWhole(delta) ? 0 : live.deltas + 1;
  group.journal.push({
    seq: context.nextSeq(),
    actorNo: live.no,
    at: context.recordedMs(),
    event: event.type.startsWith(childSnapshotPrefix)
      ? JSON.stringify({ type: event.type })
      : describeEvent(event, live.root.numbers.of),
    delta,
  });
  group.touched.add(live);
}

/** @throws what the binding throws, before anything is recorded (I5) */
function checkSteps(live: Live, steps: readonly Step[]): void {
  const { entity } = live.type;
  if (entity?.checkStep === undefined) {
    return;
  }
  let from = live.state ?? initialState(live);
  for (const step of steps) {
    const to = shownState(live, step.snapshot);
    if (from !== to) {
      const entityId = entity.idOf(live.id, step.snapshot);
      entity.checkStep({ entityId, from, to, trigger: triggerOf(step, targetedOf(step)) });
      from = to;
    }
  }
}

function recordSteps(
  context: RecordContext,
  live: Live,
  steps: readonly Step[],
  start: Snapshot<unknown> | undefined,
): void {
  let before = machineOf(start);
  for (const step of steps) {
    const previous = before;
    before = step.snapshot;
    const from = live.state ?? initialState(live);
    const to = shownState(live, step.snapshot);
    const isEntity = live.type.entity !== undefined;
    const targeted = targetedOf(step);
    if (from === to && (isEntity || targeted === undefined)) {
      continue;
    }
    const transition = targeted ?? step.transitions[0];
    const trigger = triggerOf(step, transition);
    const { event, snapshot } = step;
    recordStep(context, live, { from, to, trigger, event, before: previous, snapshot }, transition);
    live.state = to;
  }
}

function recordStep(
  context: RecordContext,
  live: Live,
  step: PlainStep & { readonly from: string },
  transition: TakenTransition | undefined,
): void {
  const meta = transition?.meta ?? {};
  const { from, to, trigger } = step;
  const binding = live.type.entity;
  const audit = binding?.auditOf(entityStep(context, live, step));
  addAudit(context, live, {
    eventType:
      meta["override"] === true ? "manual_override" : `${binding?.eventPrefix ?? live.type.name}_state_transition`,
    entityId: entityId(live),
    from,
    to,
    trigger,
    severity: severityOf(meta),
    audit: {
      reason: audit?.reason ?? textMember(step.event, "reason"),
      operator: audit?.operator ?? textMember(step.event, "operator"),
      metadata: audit?.metadata,
      context: audit?.context,
      evidence: audit?.evidence,
    },
  });
  writeRows(context, live, step);
}

const machineOf = (snapshot: Snapshot<unknown> | undefined): AnyMachineSnapshot | undefined =>
  snapshot !== undefined && isMachineSnapshot(snapshot) ? snapshot : undefined;

const targetedOf = (step: Step): TakenTransition | undefined =>
  step.transitions.find((transition) => transition.target !== undefined);

function triggerOf(step: Step, transition: TakenTransition | undefined): string {
  const always = transition?.eventType === "";
  return textMember(transition?.meta ?? {}, "trigger") ?? (always ? "always" : step.event.type);
}

function shownState(live: Live, snapshot: AnyMachineSnapshot): string {
  return live.type.entity === undefined ? stateText(snapshot.value) : topState(snapshot.value);
}

const initialStates = new WeakMap<object, { readonly leaves: string; readonly top: string }>();

/** The state that an actor is made in, before its eventless transitions. */
function initialState(live: Live): string {
  if (!isMachine(live.logic)) {
    return "";
  }
  let initial = initialStates.get(live.logic);
  if (initial === undefined) {
    const { config } = live.logic;
    const value = typeof config.initial === "string" ? config.initial : {};
    const resolved: unknown = innerMachine(live.logic).resolveState({ value, context: {} }).value;
    initial = { leaves: stateText(resolved), top: topState(resolved) };
    initialStates.set(live.logic, initial);
  }
  return live.type.entity === undefined ? initial.leaves : initial.top;
}

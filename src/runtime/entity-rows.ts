/** The rows of an entity in the host's own tables, written with each of its steps. */
import type { AnyEventObject, AnyMachineSnapshot } from "xstate";
import { isoTime } from "../base/time.ts";
import type { EntityStep } from "./entity.ts";
import type { Group } from "./group.ts";
import type { Live } from "./live.ts";

interface RowContext {
  recordedMs(): number;
  group(): Group;
}

/** One step, before its entity is known. */
export type PlainStep = Omit<EntityStep, "entityId" | "at" | "event"> & { readonly event: AnyEventObject };

/** The id of the entity that an actor stands for; its own where it stands for none. */
export function entityId(live: Live): string {
  const snapshot = live.recorded;
  return live.type.entity === undefined ? live.id : live.type.entity.idOf(live.id, snapshot as AnyMachineSnapshot);
}

/** Member by member: to spread an object costs ten times as much. */
export function entityStep(context: RowContext, live: Live, step: PlainStep): EntityStep {
  const { from, to, trigger, event, before, snapshot } = step;
  return { entityId: entityId(live), from, to, trigger, event, before, snapshot, at: isoTime(context.recordedMs()) };
}

/**
 * Writes the rows of an entity. A context that did not change makes no other row; after a restart, when nothing is
 * known of the last one, the snapshot before the step tells.
 */
export function writeRows(context: RowContext, live: Live, plain: PlainStep): void {
  const binding = live.type.entity;
  const { from, to, before, snapshot } = plain;
  const written = live.lastRow?.state === to ? live.lastRow.context : before?.context;
  if (binding === undefined || (from === to && (binding.rowOfState === true || written === snapshot.context))) {
    return;
  }
  live.lastRow = { state: to, context: snapshot.context };
  const step = entityStep(context, live, plain);
  const isNew = from === undefined;
  const { at } = step;
  const writes = binding
    .rowsOf(step)
    .map(({ table, key, values, once }) =>
      once === undefined ? { table, key, values, at, isNew } : { table, key, values, once, at, isNew },
    );
  if (isNew) {
    context.group().addMade(live.no, writes);
  } else if (writes.length > 0) {
    context.group().addRows(live.no, to, writes);
  }
}

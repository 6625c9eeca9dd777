import type { AnyMachineSnapshot, EventObject } from "xstate";
import type { DomainWrite } from "../store/port.ts";

/** One step of an entity, as its binding sees it. */
export interface EntityStep {
  readonly entityId: string;
  /** Outermost state before; undefined when the entity is made. */
  readonly from: string | undefined;
  readonly to: string;
  readonly trigger: string;
  readonly event: EventObject;
  /** The snapshot before the step; undefined when the entity is made. */
  readonly before: AnyMachineSnapshot | undefined;
  readonly snapshot: AnyMachineSnapshot;
  /** ISO 8601 of the step. */
  readonly at: string;
}

/** A row of an entity. A second one in one state and commit is folded into the first. */
export type EntityRow = Omit<DomainWrite, "at" | "isNew">;

/** What an audit event says besides the states. */
export interface EntityAudit {
  readonly reason?: string | undefined;
  readonly operator?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly evidence?: Readonly<Record<string, unknown>> | undefined;
}

/** An audit event about an actor that changes nothing of it: its `from_state` is its `to_state`. */
export interface AuditNote {
  readonly type: "manual_override" | "error" | "warning";
  /** What was asked or noticed. */
  readonly trigger: string;
  readonly reason: string;
  readonly operator?: string | undefined;
}

/**
 * Binds a machine to an entity of the host's own tables: its row is written in the transaction of each of its steps,
 * and its audit events speak of the entity (outermost states only), not of the actor.
 */
export interface EntityBinding {
  /** `event_type` of its audit events: `<eventPrefix>_state_transition`. */
  readonly eventPrefix: string;
  /** Its row says nothing of its context, and is written when its state changes only. */
  readonly rowOfState?: boolean;
  idOf(actorId: string, snapshot: AnyMachineSnapshot): string;
  /** Called for each event that is delivered, before anything else. Throws where its payload is not right. */
  checkEvent?(event: EventObject, entityId: string): void;
  /** Called for each step before anything of it is recorded. Throws where the step may not be (I5). */
  checkStep?(step: Pick<EntityStep, "entityId" | "to" | "trigger"> & { readonly from: string }): void;
  /** Rows to write; the first of a table that others refer to comes first. */
  rowsOf(step: EntityStep): readonly EntityRow[];
  auditOf(step: EntityStep): EntityAudit;
}

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
  readonly snapshot: AnyMachineSnapshot;
  /** ISO 8601 of the step. */
  readonly at: string;
}

/** What an audit event says besides the states. */
export interface EntityAudit {
  readonly reason?: string | undefined;
  readonly operator?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly evidence?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Binds a machine to an entity of the host's own tables: its row is written in the transaction of each of its steps,
 * and its audit events speak of the entity (outermost states only), not of the actor.
 */
export interface EntityBinding {
  /** `event_type` of its audit events: `<eventPrefix>_state_transition`. */
  readonly eventPrefix: string;
  idOf(actorId: string, snapshot: AnyMachineSnapshot): string;
  rowOf(step: EntityStep): Omit<DomainWrite, "at"> | undefined;
  auditOf(step: EntityStep): EntityAudit;
}

import { catalogue, checkTransition, type EntityType, type MachineEntry } from "../../../machines/index.ts";
import type { AuditColumns } from "./chain.ts";
import type { Faults } from "./fault.ts";

const table = "state_transitions";

/** A change of state: it was stamped first, and its row before the commit. */
export interface Move {
  readonly from: string;
  readonly trigger: string;
  readonly operator: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** Of its commit, in milliseconds since 1970. */
  committedAt: number;
}

interface Entered {
  state: string;
  /** By the state that they lead to. */
  readonly first: Map<string, Move>;
  readonly last: Map<string, Move>;
}

/** Follows every entity through its recorded changes of state (I5, I6). */
export class EntityStates {
  readonly #faults: Faults;
  /** By `<type> <id>`. */
  readonly #entities = new Map<string, Entered>();
  #uncommitted: Move[] = [];

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  take(audit: AuditColumns): void {
    const { entity_type, entity_id, from_state, to_state, transition_id } = audit;
    if (!isEntityType(entity_type)) {
      return;
    }
    const name = `${entity_type} ${entity_id}`;
    const before = this.stateOf(entity_type, entity_id);
    if (before !== from_state) {
      this.#faults.add("gap", table, transition_id, `${name} was ${before}, the event begins in ${from_state}`);
    }
    this.#note(name, audit);
    // A refused event, a warning, and the override that made a successor leave the state as it is.
    if (from_state !== to_state || !["error", "warning", "manual_override"].includes(audit.event_type)) {
      const fault = transitionFault(entity_type, audit);
      if (fault !== undefined) {
        this.#faults.add("catalogue", table, transition_id, `${name}: ${fault}`);
      }
    }
  }

  /** The state after all events so far; the first state of its machine where there were none. */
  stateOf(entityType: EntityType, entityId: string): string {
    return this.#entities.get(`${entityType} ${entityId}`)?.state ?? catalogue[entityType].initial;
  }

  /** How an entity came into a state, for the first or the last time; undefined where it never was. */
  moveInto(which: "first" | "last", entityType: EntityType, entityId: string, state: string): Move | undefined {
    return this.#entities.get(`${entityType} ${entityId}`)?.[which].get(state);
  }

  /** The last change of state of an entity. */
  lastMove(entityType: EntityType, entityId: string): Move | undefined {
    const entered = this.#entities.get(`${entityType} ${entityId}`);
    return entered?.last.get(entered.state);
  }

  /** The commit of what was taken since the last one. */
  committed(at: number): void {
    for (const move of this.#uncommitted) {
      move.committedAt = at;
    }
    this.#uncommitted = [];
  }

  #note(name: string, { from_state: from, to_state, trigger, operator, transitioned_at: at }: AuditColumns): void {
    let entered = this.#entities.get(name);
    if (entered === undefined) {
      entered = { state: to_state, first: new Map(), last: new Map() };
      this.#entities.set(name, entered);
    }
    entered.state = to_state;
    if (from !== to_state) {
      const move: Move = { from, trigger, operator, at, committedAt: Number.POSITIVE_INFINITY };
      entered.last.set(to_state, move);
      if (!entered.first.has(to_state)) {
        entered.first.set(to_state, move);
      }
      this.#uncommitted.push(move);
    }
  }
}

export function isEntityType(name: string): name is EntityType {
  return Object.hasOwn(catalogue, name);
}

function transitionFault(entityType: EntityType, audit: AuditColumns): string | undefined {
  const { from_state: from, to_state: to, trigger, severity, event_type, operator, reason } = audit;
  const check = checkTransition(entityType, from, to, { trigger });
  if (!check.ok) {
    const why = { unknown_state: "unknown state", terminal: `${from} is terminal`, undeclared: "not declared" };
    return `${from} to ${to} by ${trigger}: ${why[check.reason]}`;
  }
  const { transitions }: MachineEntry = catalogue[entityType];
  // One pair may be declared twice, with guards of their own.
  const declared = transitions.filter((one) => one.from === from && one.to === to && one.trigger === trigger);
  if (!declared.some((one) => one.severity === severity)) {
    return `${from} to ${to} by ${trigger} is not of severity ${severity}`;
  }
  const isOverride = declared.some((one) => one.override === true);
  if (isOverride !== (event_type === "manual_override")) {
    return `${trigger} ${isOverride ? "is an override, its event is not" : "is no override, its event is"}`;
  }
  return isOverride && !(operator && reason) ? `${trigger} has no operator or no reason` : undefined;
}

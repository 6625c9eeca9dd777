import type { AnyStateMachine } from "xstate";

export type Namespace = "orchestration" | "uet";

/** How loud the audit event of a transition is. §7.2.2 */
export type Severity = "info" | "warning" | "error" | "critical";

/** The version of the catalogue in which something appeared. */
export type Since = "1.0.0" | "1.1.0";

/** What each state node of Pawl's machines carries in its `meta`. */
export interface StateMeta {
  readonly section: string;
  readonly since: Since;
}

/** What each transition of Pawl's machines carries in its `meta`. */
export interface TransitionMeta {
  /** The literal name of what sets it off, as the source writes it; also the type of the event that does. */
  readonly trigger: string;
  readonly section: string;
  readonly severity: Severity;
  readonly since: Since;
  /** What the guard asks for, in words; absent where there is none. */
  readonly guard?: string;
  /** A person's override: needs operator and reason, is audited as `manual_override`. §5.2 */
  readonly override?: true;
}

/** One state of a machine, as the catalogue lists it. */
export interface StateEntry extends StateMeta {
  readonly name: string;
  readonly description: string;
  readonly initial: boolean;
  readonly terminal: boolean;
}

/** One declared transition between two states of a machine; several triggers of one pair are several entries. */
export interface TransitionEntry extends TransitionMeta {
  readonly from: string;
  readonly to: string;
  readonly description: string;
}

/** One machine of the catalogue, with all that is derived from it. */
export interface MachineEntry<M extends AnyStateMachine = AnyStateMachine> {
  /** The literal name of the machine, e.g. `patch_ledger`. */
  readonly name: string;
  readonly namespace: Namespace;
  /** Section of the source document. */
  readonly section: string;
  readonly version: string;
  /** What one actor of it stands for. */
  readonly entity: string;
  readonly machine: M;
  readonly initial: string;
  readonly states: readonly StateEntry[];
  readonly terminal: readonly string[];
  readonly transitions: readonly TransitionEntry[];
}

/** What a check found wrong. Only the first of a kind is kept: the rest mostly follows from it. */
export type FaultKind =
  /** SQLite itself finds the file damaged, or a reference to nothing. */
  | "file"
  /** An audit event does not fit its hash, or the one before it. */
  | "chain"
  /** A commit does not fit its hash, its journal rows or the audit chain. */
  | "commit"
  /** A line of transitions.jsonl is not the row of the table. */
  | "jsonl"
  /** A recorded change of state that the catalogue does not declare. */
  | "catalogue"
  /** An event begins in another state than the one its entity was in. */
  | "gap"
  /** The row of an entity is not in the state that its last event or its actor says. */
  | "state"
  /** A column of an entity's row differs from its actor, or from when something happened to it. */
  | "column"
  /** The snapshot of an actor is not what its journal makes. */
  | "snapshot"
  /** A column of an actor's row does not fit its snapshot, its machine or its place in the tree. */
  | "actor"
  /** A timer or an effect does not fit its actor, or is not there. */
  | "pending"
  /** What was stored beside its hash is not what was hashed. */
  | "content";

export interface Fault {
  readonly kind: FaultKind;
  /** A table of the store, or the name of a file. */
  readonly table: string;
  /** Key of the row, or the number of the line; absent where all of it is meant. */
  readonly row?: string | number;
  readonly detail: string;
}

/** Collects the first fault of each kind. */
export class Faults {
  readonly #first = new Map<FaultKind, Fault>();

  add(kind: FaultKind, table: string, row: string | number | undefined, detail: string): void {
    if (!this.#first.has(kind)) {
      this.#first.set(kind, { kind, table, ...(row !== undefined && { row }), detail });
    }
  }

  list(): Fault[] {
    return [...this.#first.values()];
  }
}

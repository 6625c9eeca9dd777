import type { Database } from "better-sqlite3";
import type { EntityType } from "../../../machines/index.ts";
import { topState } from "../../store/fold.ts";
import type { ActorColumns, ActorPast, Context } from "./actors.ts";
import { type EntityFacts, entityTables } from "./columns.ts";
import type { CommitTimes } from "./commit-times.ts";
import type { Faults } from "./fault.ts";
import { type EntityStates, isEntityType } from "./transitions.ts";

type Row = Readonly<Record<string, unknown>>;

/** Compares every actor of a machine of the catalogue with its row, and both with its last event. */
export class EntityRows {
  readonly #db: Database;
  readonly #faults: Faults;
  readonly #states: EntityStates;
  readonly #times: CommitTimes;
  readonly #counts = new Map<EntityType, number>();
  readonly #rowOf;

  constructor(db: Database, faults: Faults, states: EntityStates, times: CommitTimes) {
    this.#db = db;
    this.#faults = faults;
    this.#states = states;
    this.#times = times;
    this.#rowOf = new Map(
      Object.entries(entityTables).map(([machine, { table, key }]) => [
        machine,
        db.prepare<[string], Row>(`SELECT * FROM ${table} WHERE ${key} = ?`),
      ]),
    );
  }

  /** One actor; those of other machines are passed over. */
  take(actor: ActorColumns, past: ActorPast): void {
    const { machine } = actor;
    if (!isEntityType(machine)) {
      return;
    }
    this.#counts.set(machine, (this.#counts.get(machine) ?? 0) + 1);
    const { table, idOf } = entityTables[machine];
    // A machine without a context is known by the id of its actor.
    const id = idOf(past.now.context ?? {}, actor.id);
    const row = this.#rowOf.get(machine)?.get(id);
    if (row === undefined) {
      this.#faults.add("state", table, id, "there is no such row");
      return;
    }
    this.#checkState(machine, id, row, actor, past);
    this.#checkColumns(machine, id, row, past);
    this.#checkMoments(machine, id, row, past);
  }

  /** After the last actor. Returns how many there were. */
  end(): number {
    for (const [machine, { table }] of Object.entries(entityTables)) {
      const rows = this.#db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
      const known = this.#counts.get(machine as EntityType) ?? 0;
      if (rows !== known) {
        this.#faults.add("state", table, undefined, `it has ${rows} rows for ${known} actors`);
      }
    }
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  #checkState(machine: EntityType, id: string, row: Row, actor: ActorColumns, { now }: ActorPast): void {
    const said = {
      "its actor": actor.state.split(".")[0],
      "its journal": topState(now.value),
      "its last event": this.#states.stateOf(machine, id),
    };
    for (const [who, state] of Object.entries(said)) {
      if (row["state"] !== state) {
        const detail = `it is ${String(row["state"])}, ${who} says ${String(state)}`;
        this.#faults.add("state", entityTables[machine].table, id, detail);
      }
    }
  }

  #checkColumns(machine: EntityType, id: string, row: Row, past: ActorPast): void {
    const { table, columns } = entityTables[machine];
    const facts = this.#factsOf(machine, id, past);
    for (const [column, expectedOf] of Object.entries(columns)) {
      const expected = expectedOf(facts);
      if (row[column] !== expected) {
        const detail = `${column} is ${shown(row[column])}, its actor has ${shown(expected)}`;
        this.#faults.add("column", table, id, detail);
      }
    }
  }

  /** A row is stamped after what it is written for, and before the commit of both. */
  #checkMoments(machine: EntityType, id: string, row: Row, past: ActorPast): void {
    const { table, moments, rowOfState = false } = entityTables[machine];
    const facts = this.#factsOf(machine, id, past);
    const check = (column: string, from: string | undefined, until: number): void => {
      const found = row[column];
      const isRight =
        from === undefined
          ? found === null
          : typeof found === "string" && found >= from && Date.parse(found) <= until && isIso(found);
      if (!isRight) {
        const when = from === undefined ? "nothing for it happened" : `it was between ${from} and ${iso(until)}`;
        this.#faults.add("column", table, id, `${column} is ${shown(found)}, ${when}`);
      }
    };
    for (const [column, momentOf] of Object.entries(moments)) {
      const move = momentOf(facts);
      check(column, move?.at, move?.committedAt ?? 0);
    }
    check("created_at", iso(past.firstAt), this.#times.of(past.firstSeq));
    const last = this.#states.lastMove(machine, id);
    const changedAt = iso(rowOfState ? past.firstAt : past.changedAt);
    const from = last !== undefined && last.at > changedAt ? last.at : changedAt;
    const changedSeq = rowOfState ? past.firstSeq : past.mayHaveChangedSeq;
    check("updated_at", from, Math.max(this.#times.of(changedSeq), last?.committedAt ?? 0));
  }

  #factsOf(machine: EntityType, id: string, { first, now }: ActorPast): EntityFacts {
    const contextOf = (context: Context | undefined): Context => context ?? {};
    return {
      first: contextOf(first.context),
      now: contextOf(now.context),
      state: topState(now.value),
      into: (which, state) => this.#states.moveInto(which, machine, id, state),
    };
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

const shown = (value: unknown): string => JSON.stringify(value) ?? "nothing";

const isIso = (text: string): boolean => iso(Date.parse(text)) === text;

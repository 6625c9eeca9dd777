import type { Database } from "better-sqlite3";
import type { AnyStateMachine } from "xstate";
import { catalogue } from "../../../machines/index.ts";
import { readStoreId } from "../../store/sqlite/open.ts";
import type { ActorColumns, ActorPast } from "./actors.ts";
import type { CommitTimes } from "./commit-times.ts";
import type { Faults } from "./fault.ts";
import { nodesOf } from "./state-nodes.ts";
import { isEntityType } from "./transitions.ts";

interface TimerColumns {
  readonly id: string;
  readonly target_no: number;
  readonly event: string;
  readonly due_at: number;
}

interface EffectColumns {
  readonly effect_key: string;
  readonly attempt: number;
  readonly failures: number;
  readonly status: string;
  readonly requested_at: number;
  readonly lease_until: number;
}

const statusOfEffect: Readonly<Record<string, string>> = {
  active: "requested",
  done: "settled",
  error: "settled",
  stopped: "stopped",
};

/** Compares the timers and effects of actors with what their machines and snapshots call for (I2, I4). */
export class Pending {
  readonly #faults: Faults;
  readonly #times: CommitTimes;
  readonly #timersOf;
  readonly #effectOf;
  readonly #storeId: string;

  constructor(db: Database, faults: Faults, times: CommitTimes) {
    this.#faults = faults;
    this.#times = times;
    this.#timersOf = db.prepare<[number], TimerColumns>("SELECT * FROM timers WHERE actor_no = ?");
    this.#effectOf = db.prepare<[number], EffectColumns>("SELECT * FROM effects WHERE actor_no = ?");
    this.#storeId = readStoreId(db);
    for (const [table, column] of [
      ["timers", "actor_no"],
      ["timers", "target_no"],
      ["effects", "actor_no"],
      ["deliveries", "actor_no"],
    ] as const) {
      const sql = `SELECT ${column} FROM ${table} WHERE ${column} NOT IN (SELECT no FROM actors) LIMIT 1`;
      const orphan = db.prepare<[], number>(sql).pluck().get();
      if (orphan !== undefined) {
        faults.add("pending", table, orphan, `its ${column} is no actor`);
      }
    }
  }

  /** One actor, with its parent. */
  take(actor: ActorColumns, past: ActorPast, parent: ActorColumns | undefined): void {
    const effect = this.#effectOf.get(actor.no);
    const isOfCatalogue = parent !== undefined && isEntityType(parent.machine) && actor.machine === "";
    const fault = effect === undefined ? undefined : this.#effectFault(effect, actor, past, isOfCatalogue);
    if (fault !== undefined) {
      this.#faults.add("pending", "effects", actor.id, fault);
    } else if (effect === undefined && isOfCatalogue && actor.status !== "stopped") {
      this.#faults.add("pending", "effects", actor.id, "there is none");
    }
    if (isEntityType(actor.machine)) {
      this.#takeTimers(actor, past, catalogue[actor.machine].machine);
    }
  }

  #effectFault(
    effect: EffectColumns,
    { no, status }: ActorColumns,
    { firstSeq }: ActorPast,
    isOfCatalogue: boolean,
  ): string | undefined {
    const { effect_key, attempt, failures, requested_at, lease_until } = effect;
    if (effect.status !== statusOfEffect[status]) {
      return `it is ${effect.status}, its actor is ${status}`;
    }
    const latest = attempt === 1 ? this.#times.of(firstSeq) : this.#times.last;
    if (!(attempt >= 1) || !Number.isSafeInteger(requested_at) || !(requested_at <= latest)) {
      return `attempt ${attempt} was asked for at ${requested_at}, its commit was at ${latest}`;
    }
    if (!isOfCatalogue) {
      return undefined;
    }
    // Those of the pipeline have no policy of their own: no retry, no lease, no key.
    const expected = {
      effect_key: `${this.#storeId}:${no}`,
      failures: Number(status === "error"),
      lease_until: 0,
    };
    const found = { effect_key, failures, lease_until };
    const odd = (Object.keys(expected) as (keyof typeof expected)[]).find((name) => found[name] !== expected[name]);
    return odd === undefined ? undefined : `${odd} is ${found[odd]}, it should be ${expected[odd]}`;
  }

  #takeTimers(actor: ActorColumns, { now }: ActorPast, machine: AnyStateMachine): void {
    const fault = (detail: string): void => this.#faults.add("pending", "timers", actor.id, detail);
    const timers = new Map(this.#timersOf.all(actor.no).map((timer) => [timer.id, timer]));
    const expected = actor.status === "active" ? nodesOf(machine, now.value).flatMap((node) => node.after) : [];
    for (const { eventType, delay } of expected) {
      const timer = timers.get(eventType);
      timers.delete(eventType);
      // One with a guard may have fired, and changed nothing.
      const mayBeGone = expected.every((one) => one.eventType !== eventType || one.guard !== undefined);
      if (timer === undefined) {
        if (!mayBeGone) {
          fault(`there is no ${eventType}`);
        }
        continue;
      }
      const latest = this.#times.last + delayMs(machine, delay, now.context);
      if (
        timer.event !== JSON.stringify({ type: eventType }) ||
        timer.target_no !== actor.no ||
        !Number.isSafeInteger(timer.due_at) ||
        !(timer.due_at <= latest)
      ) {
        fault(`${eventType} is for actor ${timer.target_no} with ${timer.event} at ${timer.due_at}`);
      }
    }
    for (const id of timers.keys()) {
      fault(`its state has no ${id}`);
    }
  }
}

type Delay = number | ((args: { readonly context: unknown }) => number);

function delayMs(machine: AnyStateMachine, delay: unknown, context: unknown): number {
  const given = (typeof delay === "string" ? machine.implementations.delays[delay] : delay) as Delay;
  return typeof given === "function" ? given({ context }) : given;
}

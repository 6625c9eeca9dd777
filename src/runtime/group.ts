import { isoTime } from "../base/time.ts";
import type {
  AuditRow,
  Commit,
  DeliveryRow,
  DomainWrite,
  EffectRow,
  JournalRow,
  LateSettlement,
  TimerRow,
} from "../store/port.ts";
import type { Live } from "./live.ts";

/** What the cascades of one turn of the event loop leave behind: the next commit, and what waits for it. */
export class Group {
  readonly touched = new Set<Live>();
  readonly journal: JournalRow[] = [];
  readonly audits: AuditRow[] = [];
  readonly lateSettlements: LateSettlement[] = [];
  /** Started after the commit, in the order in which XState started them (I2). */
  readonly begin: Live[] = [];
  readonly afterCommit: (() => void)[] = [];
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  // Most commits have none of these, and an empty Map is 200 bytes for the garbage collector of each.
  #effects: Map<number, EffectRow> | undefined;
  #timersArmed: Map<string, TimerRow> | undefined;
  #timersDisarmed: Map<string, { readonly actorNo: number; readonly id: string }> | undefined;
  #made: Map<number, readonly DomainWrite[]> | undefined;
  readonly #rows: { no: number; state: string; writes: readonly DomainWrite[] }[] = [];
  #lastRow: Map<number, number> | undefined;
  /** By actor and key. */
  #deliveries: Map<string, DeliveryRow> | undefined;

  get isEmpty(): boolean {
    return (
      this.touched.size === 0 &&
      this.journal.length === 0 &&
      this.audits.length === 0 &&
      this.#effects === undefined &&
      this.lateSettlements.length === 0 &&
      this.#deliveries === undefined &&
      this.#timersArmed === undefined &&
      this.#timersDisarmed === undefined
    );
  }

  get hasWork(): boolean {
    return !this.isEmpty || this.begin.length > 0 || this.afterCommit.length > 0 || this.waiting.length > 0;
  }

  setEffect(row: EffectRow): void {
    this.#effects ??= new Map();
    this.#effects.set(row.actorNo, row);
  }

  armTimer(row: TimerRow): void {
    this.#timersArmed ??= new Map();
    this.#timersArmed.set(`${row.actorNo} ${row.id}`, row);
  }

  disarmTimer(actorNo: number, id: string): void {
    const name = `${actorNo} ${id}`;
    this.#timersArmed?.delete(name);
    this.#timersDisarmed ??= new Map();
    this.#timersDisarmed.set(name, { actorNo, id });
  }

  /** The first row of an entity; written before all others, parents first. */
  addMade(no: number, writes: readonly DomainWrite[]): void {
    this.#made ??= new Map();
    this.#made.set(no, writes);
  }

  /** Later rows of an entity. Those of one state are folded into one; no state is ever skipped. */
  addRows(no: number, state: string, writes: readonly DomainWrite[]): void {
    const last = this.#lastRow?.get(no);
    const previous = last === undefined ? undefined : this.#rows[last];
    if (previous !== undefined && previous.state === state && previous.writes.length === writes.length) {
      previous.writes = writes.map((write, index) => folded(previous.writes[index] as DomainWrite, write));
      return;
    }
    this.#lastRow ??= new Map();
    this.#lastRow.set(no, this.#rows.length);
    this.#rows.push({ no, state, writes });
  }

  /** What another group held back happens now, and is numbered and dated anew: neither ever goes back. */
  takeOver(held: Group, at: number, nextSeq: () => number): void {
    for (const live of held.touched) {
      this.touched.add(live);
    }
    const transitioned_at = isoTime(at);
    this.journal.push(...held.journal.map((row) => ({ ...row, at, seq: nextSeq() })));
    this.audits.push(...held.audits.map((row) => ({ ...row, transitioned_at })));
    for (const [no, writes] of held.#made ?? none) {
      this.addMade(no, writes);
    }
    for (const { no, state, writes } of held.#rows) {
      this.addRows(no, state, writes);
    }
  }

  addDelivery(row: DeliveryRow): void {
    this.#deliveries ??= new Map();
    this.#deliveries.set(deliveryName(row.actorNo, row.idempotencyKey), row);
  }

  hasDelivery(actorNo: number, idempotencyKey: string): boolean {
    return this.#deliveries?.has(deliveryName(actorNo, idempotencyKey)) === true;
  }

  commit(at: number, actors: Commit["actors"]): Commit {
    return {
      at,
      actors,
      journal: this.journal,
      audits: this.audits,
      rows: this.#allRows(),
      timersDisarmed: valuesOf(this.#timersDisarmed),
      timersArmed: valuesOf(this.#timersArmed),
      effects: valuesOf(this.#effects),
      lateSettlements: this.lateSettlements,
      deliveries: valuesOf(this.#deliveries),
    };
  }

  #allRows(): readonly DomainWrite[] {
    if (this.#made === undefined && this.#rows.length === 0) {
      return none;
    }
    const made = [...(this.#made ?? none)].sort(([a], [b]) => a - b).flatMap(([, writes]) => writes);
    return [...made, ...this.#rows.flatMap(({ writes }) => writes)];
  }
}

const none: readonly never[] = Object.freeze([]);

const valuesOf = <T>(map: ReadonlyMap<unknown, T> | undefined): readonly T[] =>
  map === undefined ? none : [...map.values()];

const deliveryName = (actorNo: number, idempotencyKey: string): string => `${actorNo} ${idempotencyKey}`;

function folded(before: DomainWrite, after: DomainWrite): DomainWrite {
  const once = before.once === undefined && after.once === undefined ? undefined : { ...after.once, ...before.once };
  return { ...after, values: { ...before.values, ...after.values }, ...(once !== undefined && { once }) };
}

import { randomUUID } from "node:crypto";
import { PawlError } from "../base/errors/index.ts";
import { topState } from "../store/fold.ts";
import type { ActorRow, EffectRow } from "../store/port.ts";
import { renameAfters } from "./after-timers.ts";
import { decode } from "./codec.ts";
import type { Engine } from "./engine.ts";
import { ChildNames } from "./invoked.ts";
import { checkStates } from "./known-states.ts";
import type { Live } from "./live.ts";
import { migrated, type StoredSnapshot } from "./migrations.ts";
import { recordMigrated } from "./record.ts";
import type { ActorType, Registry } from "./registry.ts";
import {
  childLogic,
  type InternalLogic,
  innerMachine,
  isActorRef,
  isMachine,
  kindOf,
  processing,
} from "./xstate/internals.ts";

/** A stored actor with its logic found and its snapshot brought up to date. */
interface Restorable {
  readonly row: ActorRow;
  readonly logic: InternalLogic;
  readonly type: ActorType;
  readonly snapshot: StoredSnapshot & { children?: Record<string, unknown> };
}

interface Problem {
  readonly row: ActorRow;
  readonly missing: string;
}

/**
 * Rebuilds actor trees from their rows and starts them where they were.
 * @param asleep trees that go on sleeping and are only looked at: nobody should find out when they wake
 * @throws PawlError MACHINE_CHANGED with all actors that do not fit their machine; nothing is started then.
 */
export function restoreRoots(
  engine: Engine,
  rows: readonly ActorRow[],
  effects: readonly EffectRow[],
  asleep: readonly ActorRow[] = [],
): Live[] {
  const problems: Problem[] = [];
  const trees = prepare(engine.options.registry, rows, problems);
  prepare(engine.options.registry, asleep, problems);
  if (problems.length > 0) {
    throw changed(problems);
  }
  const effectOf = new Map(effects.map((effect) => [effect.actorNo, effect]));
  return restoreTrees(engine, trees, effectOf);
}

type Tree = readonly [Restorable, ...Restorable[]];

function prepare(registry: Registry, rows: readonly ActorRow[], problems: Problem[]): Tree[] {
  const found = new Map<number, Restorable>();
  const trees = new Map<number, [Restorable, ...Restorable[]]>();
  const children = new ChildNames(rows);
  for (const row of rows) {
    const parent = row.parentNo === null ? undefined : found.get(row.parentNo);
    if (row.parentNo !== null && parent === undefined) {
      // Its parent has a problem of its own, which is reported.
      continue;
    }
    const { key, src } = children.nameOf(row);
    const logic = parent === undefined ? rootLogic(registry, row) : childLogic(parent.logic, src);
    if (logic === undefined) {
      const where = parent === undefined ? "the registered machines" : `the actors of ${parent.type.name}`;
      problems.push({ row, missing: `"${row.src}" is not among ${where}` });
      continue;
    }
    const type = (parent === undefined ? registry.typeOfRoot(row.src) : undefined) ?? registry.typeOf(logic, src);
    const snapshot = upToDate(row, logic, type, problems);
    if (snapshot === undefined) {
      continue;
    }
    const restorable: Restorable = { row, logic, type, snapshot };
    found.set(row.no, restorable);
    children.nameChildrenOf(row.no, logic, snapshot);
    if (parent === undefined) {
      trees.set(row.no, [restorable]);
    } else {
      parent.snapshot.children ??= {};
      parent.snapshot.children[key] = {
        snapshot,
        src,
        // One that ended gave its name in the system back.
        systemId: row.status === "active" ? (row.systemId ?? undefined) : undefined,
        syncSnapshot: row.syncSnapshot,
      };
      trees.get(row.rootNo)?.push(restorable);
    }
  }
  return [...trees.values()];
}

function rootLogic(registry: Registry, row: ActorRow): InternalLogic | undefined {
  try {
    return registry.logic(row.src);
  } catch {
    return undefined;
  }
}

/** Stands for an actor until all actors are there. Nobody's data looks like it, be it sent to do so. */
const reference = `actor ${randomUUID()}`;

function upToDate(
  row: ActorRow,
  logic: InternalLogic,
  type: ActorType,
  problems: Problem[],
): Restorable["snapshot"] | undefined {
  let snapshot = decode(JSON.parse(row.snapshot), (no) => ({ $pawl: reference, no })) as StoredSnapshot;
  try {
    refuseOtherKind(row, logic, snapshot);
    if (!isMachine(logic)) {
      return snapshot;
    }
    if (!("value" in snapshot)) {
      // It threw before it had a state.
      return { ...snapshot, children: {} };
    }
    if (row.version !== type.version) {
      snapshot = migrated(snapshot, row, type);
    }
    if (row.version !== type.version || row.fingerprint !== type.fingerprint) {
      checkStates(innerMachine(logic), snapshot);
    }
    return { ...snapshot, children: {} };
  } catch (error) {
    problems.push({ row, missing: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

/**
 * What one kind of logic has stored is nothing to another: a machine would be in no state, an effect begin without its
 * input. @throws when it is seen that the name stood for another kind
 */
function refuseOtherKind({ src, status }: ActorRow, logic: InternalLogic, snapshot: StoredSnapshot): void {
  const kind = kindOf(logic);
  const wasMachine = "value" in snapshot && "historyValue" in snapshot;
  const hasInput = kind === "promise" || kind === "callback";
  const isOther =
    kind === "machine" ? !wasMachine : (wasMachine && kind === "observable") || (hasInput && "context" in snapshot);
  if (status === "active" && isOther) {
    const was = wasMachine ? "a machine" : kind === "machine" ? "no machine" : "a transition function";
    throw new Error(`"${src}" was ${was} when it was stored: leave it that, and give what takes its place a new name`);
  }
}

const [actorsNamed, lacksNamed] = [3, 10];

/** What is missing is said once for all whom it holds up: a message has no room for thousands of them. */
function changed(problems: readonly Problem[]): PawlError {
  const lacks = new Map<string, string[]>();
  for (const { row, missing } of problems) {
    const lack = `in ${row.state || row.status} (${missing})`;
    const ids = lacks.get(lack) ?? [];
    ids.push(row.id);
    lacks.set(lack, ids);
  }
  const shown = [...lacks].slice(0, lacksNamed).map(([lack, ids]) => {
    const more = ids.length > actorsNamed ? ` and ${ids.length - actorsNamed} more` : "";
    return `${ids.slice(0, actorsNamed).join(", ")}${more} ${lack}`;
  });
  return new PawlError("MACHINE_CHANGED", {
    count: problems.length,
    list: shown.join("; ") + (lacks.size > lacksNamed ? "; and others" : ""),
    machine: problems[0]?.row.machine || (problems[0]?.row.src ?? ""),
  });
}

/** All are made before the first one starts: they may refer to each other. */
function restoreTrees(engine: Engine, trees: readonly Tree[], effectOf: ReadonlyMap<number, EffectRow>): Live[] {
  const outer = engine.restoring;
  engine.restoring = new Map(trees.flatMap((tree) => tree.map(({ row, snapshot }) => [snapshot, row] as const)));
  try {
    const lives = trees.map(([{ row, logic, type, snapshot }]) =>
      engine.makeRoot(row.id, logic, type, { snapshot, systemId: row.systemId ?? undefined }),
    );
    for (const restorable of trees.flat()) {
      settleIn(engine, restorable, effectOf.get(restorable.row.no));
    }
    for (const [index, { actor }] of lives.entries()) {
      if (trees[index]?.[0].snapshot["status"] === "active") {
        actor.start();
      }
    }
    return lives;
  } finally {
    engine.restoring = outer;
  }
}

function settleIn(engine: Engine, { row, type }: Restorable, effect: EffectRow | undefined): void {
  const live = engine.population.live(row.no);
  if (live === undefined) {
    return;
  }
  const snapshot = live.actor.getSnapshot();
  live.recorded = snapshot;
  if (snapshot.status !== "active") {
    // As XState leaves one that has ended: whoever subscribes is told how at once.
    live.actor._processingStatus = processing.stopped;
  }
  live.state = type.entity === undefined ? row.state : topState((snapshot as { value?: unknown }).value ?? "");
  if (row.snapshot.includes('"$pawl":"actor"')) {
    reviveIn(snapshot, (no) => engine.reference(no));
  }
  if (row.version !== type.version && isMachine(live.logic)) {
    recordMigrated(engine, live, { from: row.version, to: type.version });
  }
  if (row.version !== type.version || row.fingerprint !== type.fingerprint) {
    renameAfters(engine, live);
    engine.group().touched.add(live);
    engine.schedule();
  }
  if (effect !== undefined && kindOf(live.logic) === "promise") {
    engine.effects.recall(live, effect);
    const leaseMs = effect.leaseUntil - engine.recordedMs();
    if (leaseMs > 0 && !engine.delayed.isWaitingForRetry(live)) {
      engine.delayed.armRetry(live, leaseMs);
    }
  }
}

const revivable = ["context", "input", "output", "error"];

function reviveIn(snapshot: object, actorOf: (no: number) => unknown): void {
  const parts = snapshot as Record<string, unknown>;
  for (const part of revivable) {
    if (parts[part] !== undefined) {
      parts[part] = revived(parts[part], actorOf);
    }
  }
}

/** The value with references to actors for what stands in their places; collections are changed, not made anew. */
function revived(value: unknown, actorOf: (no: number) => unknown): unknown {
  if (value === null || typeof value !== "object" || isActorRef(value)) {
    return value;
  }
  const members = value as Record<string, unknown>;
  if (members["$pawl"] === reference) {
    return actorOf(members["no"] as number);
  }
  if (value instanceof Map) {
    const entries = [...value];
    value.clear();
    for (const [key, item] of entries) {
      value.set(revived(key, actorOf), revived(item, actorOf));
    }
  } else if (value instanceof Set) {
    const items = [...value];
    value.clear();
    for (const item of items) {
      value.add(revived(item, actorOf));
    }
  } else {
    for (const key of Object.keys(members)) {
      members[key] = revived(members[key], actorOf);
    }
  }
  return value;
}

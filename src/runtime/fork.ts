import type { AnyMachineSnapshot } from "xstate";
import { storedAt } from "../store/fold.ts";
import type { ActorRow } from "../store/port.ts";
import type { Engine } from "./engine.ts";
import { unknownTransition } from "./history.ts";
import type { Live } from "./live.ts";
import { recordMade } from "./record.ts";
import { restoreRoots } from "./restore.ts";
import { isMachineSnapshot } from "./xstate/internals.ts";

/** Makes a new root from an actor and its children as they were after a transition. */
export function forkActor(engine: Engine, original: ActorRow, transitionId: number, newId: string): Live {
  const { store } = engine.options;
  const rows: ActorRow[] = [];
  const newNo = new Map<number, number>();
  for (const row of store.subtree(original.no)) {
    const journal = store.journalOf(row.no, transitionId);
    if (row.no === original.no && journal.at(-1)?.seq !== transitionId) {
      throw unknownTransition(store, original, transitionId);
    }
    const stored =
      journal.length === 0 ? undefined : (storedAt(journal) as { status: ActorRow["status"]; left?: true });
    const isRoot = row.no === original.no;
    const parentNo = isRoot || row.parentNo === null ? null : newNo.get(row.parentNo);
    if (stored === undefined || stored.status === "stopped" || stored.left === true || parentNo === undefined) {
      continue;
    }
    const no = engine.bookNo();
    newNo.set(row.no, no);
    rows.push({
      ...row,
      no,
      parentNo,
      rootNo: newNo.get(original.no) ?? no,
      id: isRoot ? newId : newId + row.id.slice(original.id.length),
      key: isRoot ? newId : row.key,
      src: isRoot ? row.machine : row.src,
      snapshot: renumbered(JSON.stringify(stored), newNo),
      status: stored.status,
      live: true,
      asleep: false,
    });
  }
  const [live] = restoreRoots(engine, rows, []);
  if (live === undefined) {
    throw unknownTransition(store, original, transitionId);
  }
  for (const member of live.root.members) {
    recordMade(engine, member, member.actor.getSnapshot());
    armAfter(engine, member);
  }
  return live;
}

/** References between the actors of the tree lead to their copies. */
function renumbered(json: string, newNo: ReadonlyMap<number, number>): string {
  return json.replace(/\{"\$pawl":"actor","no":(\d+)\}/g, (whole, no: string) => {
    const next = newNo.get(Number(no));
    return next === undefined ? whole : `{"$pawl":"actor","no":${next}}`;
  });
}

interface DelayedTransition {
  readonly delay: unknown;
  readonly eventType: string;
}

function armAfter(engine: Engine, live: Live): void {
  const snapshot = live.actor.getSnapshot();
  if (!isMachineSnapshot(snapshot) || snapshot.status !== "active") {
    return;
  }
  const nodes = snapshot._nodes as unknown as readonly { readonly after: readonly DelayedTransition[] }[];
  const armed = new Set<string>();
  for (const { delay, eventType } of nodes.flatMap((node) => node.after)) {
    const delayMs = resolveDelay(snapshot, delay);
    if (delayMs !== undefined && !armed.has(eventType)) {
      armed.add(eventType);
      engine.arm(live, live, { type: eventType }, delayMs, eventType);
    }
  }
}

function resolveDelay(snapshot: AnyMachineSnapshot, delay: unknown): number | undefined {
  if (typeof delay === "number") {
    return delay;
  }
  const named: unknown = snapshot.machine.implementations.delays[String(delay)];
  const value: unknown =
    typeof named === "function"
      ? named({ context: snapshot.context, event: { type: "xstate.init" } }, undefined)
      : named;
  return typeof value === "number" ? value : undefined;
}

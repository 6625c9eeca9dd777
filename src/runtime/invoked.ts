/** Invoked actors without an id of their own, where the machine that invoked them has changed. */
import type { AnyStateMachine } from "xstate";
import type { ActorRow } from "../store/port.ts";
import type { StoredSnapshot } from "./migrations.ts";
import { type InternalLogic, innerMachine, isMachine, stateNode } from "./xstate/internals.ts";

/** What a machine knows a child by, and finds its logic by. */
export type ChildName = Pick<ActorRow, "key" | "src">;

/** What a state says it invokes. */
interface Invoke extends ChildName {
  readonly node: string;
}

/** As XState makes it: the place among the invoked ones of a state, and the state's id. */
const place = /^(\d+)\.(.*)$/;
const inline = /^xstate\.invoke\.(\d+)\./;

/**
 * XState calls an invoked actor by its place. Where the state was renamed, or another `invoke` put before it, the present
 * machine would wait for it under another name for ever, or take its result for that of another one: it goes on under the
 * name of the `invoke` that took its place, the one of the same logic. Its id, by which people know it, stays.
 */
export class ChildNames {
  readonly #placed = new Map<number, ActorRow[]>();
  readonly #names = new Map<number, ChildName>();

  constructor(rows: readonly ActorRow[]) {
    for (const row of rows) {
      if (row.parentNo !== null && place.test(row.key)) {
        const siblings = this.#placed.get(row.parentNo);
        if (siblings === undefined) {
          this.#placed.set(row.parentNo, [row]);
        } else {
          siblings.push(row);
        }
      }
    }
  }

  nameOf(row: ActorRow): ChildName {
    return this.#names.get(row.no) ?? row;
  }

  /** Names the children of an actor, to be asked for by `nameOf` afterwards. */
  nameChildrenOf(no: number, logic: InternalLogic, snapshot: StoredSnapshot): void {
    const placed = this.#placed.get(no);
    const moved = placed !== undefined && isMachine(logic) ? placed.filter((child) => isMoved(logic, child)) : [];
    if (!isMachine(logic) || moved.length === 0) {
      return;
    }
    const taken = new Set(placed?.filter((child) => !moved.includes(child)).map(({ key }) => key));
    const open = invokedIn(logic, snapshot).filter(({ key }) => !taken.has(key));
    for (const child of moved) {
      const heir = open.find((invoke) => isHeir(logic, child, invoke));
      if (heir !== undefined) {
        open.splice(open.indexOf(heir), 1);
        this.#names.set(child.no, heir);
        taken.add(heir.key);
      }
    }
    for (const { no: childNo, key, src } of moved) {
      if (!this.#names.has(childNo) && taken.has(key)) {
        // Nobody waits for it any more, and another one has its name: neither may take the place of the other.
        this.#names.set(childNo, { key: `${key}#${childNo}`, src });
      }
    }
  }
}

function isMoved(machine: AnyStateMachine, { key, src }: ChildName): boolean {
  const [, index, id] = place.exec(key) ?? [];
  if (index === undefined || id === undefined) {
    return false;
  }
  return stateNode(machine, id)?.invoke[Number(index)]?.src !== src;
}

/** Only within its own state, where that is still there: else another one of its name could begin beside it. */
function isHeir(machine: AnyStateMachine, { key, src }: ChildName, invoke: Invoke): boolean {
  const [, index, id = ""] = place.exec(key) ?? [];
  const isThere = stateNode(machine, id)?.invoke[Number(index)] !== undefined;
  if (isThere && invoke.node !== id) {
    return false;
  }
  // An inline logic is named after its place as well.
  const isNamedSo = !isThere && inline.test(src) && inline.exec(invoke.src)?.[1] === index;
  return invoke.src === src || isNamedSo;
}

/** In the states that a machine is in. */
function invokedIn(machine: AnyStateMachine, { value, context }: StoredSnapshot): Invoke[] {
  const { _nodes } = innerMachine(machine).resolveState({ value: value as never, context: context as never });
  return _nodes.flatMap((node) => node.invoke.map(({ id: key, src }) => ({ node: node.id, key, src: String(src) })));
}

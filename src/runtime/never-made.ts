import type { Store } from "../store/port.ts";
import type { Engine } from "./engine.ts";
import type { Live } from "./live.ts";
import { recordLeft } from "./record.ts";

/** How what the journal of an actor begins with is called, also where it never had a first state. */
const beginnings: ReadonlySet<string> = new Set(["xstate.init", "xstate.error"]);

/**
 * Whether a root failed as it was made, as one whose `context` asks for an input that it was not given: nothing has come
 * of it yet. That it failed is in the journal by then; before that commit it is like any other.
 */
export function wasNeverMade(store: Store, { no, parent, actor }: Live): boolean {
  if (parent !== undefined || actor.getSnapshot().status !== "error") {
    return false;
  }
  const [first, ...more] = store.journalSinceWhole(no);
  return first !== undefined && more.length === 0 && beginnings.has((JSON.parse(first.event) as { type: string }).type);
}

/** Gives the id of such a root to another one; what the journal says of it stays. */
export function giveWay(engine: Engine, live: Live): void {
  live.left = true;
  recordLeft(engine, live);
  for (const member of live.root.members) {
    engine.group().touched.add(member);
  }
  engine.population.forgetRoot(live);
  engine.schedule();
}

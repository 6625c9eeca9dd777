/** What the actors of a system really do: each change of outermost state, one microstep at a time. */
import type { InspectionEvent } from "xstate";
import { catalogue, checkTransition, type EntityType } from "../../machines/index.ts";

/** Listens to a system; `undeclared` grows with each move that the catalogue does not declare (I5), `count` with all. */
export function movesObserver() {
  const undeclared: string[] = [];
  let count = 0;
  const inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.microstep") {
      return;
    }
    const machine = (event.actorRef as { logic?: { id?: string } }).logic?.id ?? "";
    if (!Object.hasOwn(catalogue, machine)) {
      return;
    }
    for (const { source, target } of event._transitions) {
      const [from] = source.path;
      const to = target?.[0]?.path[0];
      if (from === undefined || to === undefined || from === to) {
        continue;
      }
      count += 1;
      if (!checkTransition(machine as EntityType, from, to).ok) {
        undeclared.push(`${machine}: ${from} > ${to}`);
      }
    }
  };
  return { inspect, undeclared, moves: () => count };
}

import { type AnyActorLogic, createActor, type Snapshot } from "xstate";
import type { ActorRow } from "../store/port.ts";
import { decode } from "./codec.ts";
import type { Live, Numbers } from "./live.ts";
import { childLogic, type InternalActor, type InternalLogic, isMachine, processing } from "./xstate/internals.ts";

/** For one whose own logic cannot be found any more: it shows its snapshot, and that is all. */
const frozen: InternalLogic = {
  transition: (snapshot) => snapshot,
  getInitialSnapshot: () => ({ status: "stopped", output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
};

/**
 * An actor that is over and that its parent does not list any more, for those who still hold a reference to it: it
 * shows how it ended, and takes nothing. References in its own context stay numbers.
 */
export function endedActor(row: ActorRow, parent: Live | undefined, numbers: Numbers): InternalActor {
  const logic = parent === undefined ? undefined : childLogic(parent.logic, row.src);
  const snapshot = decode(JSON.parse(row.snapshot), (no) => ({ $pawl: "actor", no })) as Snapshot<unknown>;
  const known = logic !== undefined && isMachine(logic) && "value" in snapshot ? logic : frozen;
  const actor = createActor(
    known as unknown as AnyActorLogic,
    {
      id: row.key,
      snapshot: known === frozen ? snapshot : { ...snapshot, children: {} },
    } as never,
  ) as unknown as InternalActor;
  // Else events would wait in its mailbox for a start that never comes.
  actor._processingStatus = processing.stopped;
  // Stopping it again is allowed to its parent, and to nobody else.
  actor._parent = parent?.actor;
  numbers.setEnded(actor, row.no);
  return actor;
}

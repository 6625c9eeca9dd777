import type { ActorRow } from "../store/port.ts";
import { tagsText } from "../store/tags.ts";
import { type Live, rootOf } from "./live.ts";
import { snapshotJson, stateOf, tagsIn } from "./view.ts";
import { childrenOf, processing } from "./xstate/internals.ts";

/**
 * An actor as it stands in the store; `journalled` where its snapshot cannot be kept.
 * @throws Unserializable
 */
export function rowOf(live: Live, journalled?: string): ActorRow {
  const { actor } = live;
  const snapshot = actor.getSnapshot();
  const neverRan = actor._processingStatus === processing.stopped && snapshot.status === "active";
  return {
    no: live.no,
    id: live.id,
    parentNo: live.parent?.no ?? null,
    rootNo: rootOf(live).no,
    key: keyAtBirth(live),
    src: live.src,
    machine: live.type.name,
    version: live.type.version,
    fingerprint: live.type.fingerprint,
    systemId: actor.systemId ?? null,
    syncSnapshot: actor._syncSnapshot === true,
    snapshot: journalled ?? snapshotJson(live.logic, snapshot, live.root.numbers.of),
    status: neverRan ? "stopped" : snapshot.status,
    state: stateOf(snapshot),
    tags: tagsText(tagsIn(snapshot)),
    live: isMember(live),
    asleep: live.asleep,
  };
}

/** What an invoked actor is called changes with its machine; its id and its row keep the name that it was made with. */
const keyAtBirth = ({ id, key, parent }: Live): string => (parent === undefined ? key : id.slice(parent.id.length + 1));

/** Whether an actor still belongs to the tree. */
export function isMember(live: Live): boolean {
  const { parent, actor } = live;
  if (parent === undefined) {
    return !live.left && actor.getSnapshot().status !== "stopped";
  }
  return childrenOf(parent.actor.getSnapshot())[live.key] === actor && isMember(parent);
}

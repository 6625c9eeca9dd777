import { PawlError } from "../base/errors/index.ts";
import { longestRootId, type Store } from "../store/port.ts";
import { whyNotKept } from "./arguments.ts";
import { type Live, type LiveRoot, liveOf, Numbers } from "./live.ts";
import { childrenOf, type InternalActor } from "./xstate/internals.ts";

/** The actors in memory, and which names are taken among them. */
export class Population {
  readonly roots = new Map<string, Live>();
  readonly numbers = new Numbers();
  readonly #byNo = new Map<number, Live>();
  /** Roots with children whose own ids have a slash: only there can two paths be the same. */
  readonly #slashed = new WeakSet<LiveRoot>();
  /** The members by their ids, of roots that were looked through for one. */
  readonly #byId = new WeakMap<LiveRoot, Map<string, Live>>();
  readonly #store: Pick<Store, "liveActor" | "counters">;
  /** Whether any root's id has a slash. Of a store that was empty it is known, and spares a look for each child. */
  #mayHaveSlash: boolean;

  constructor(store: Pick<Store, "liveActor" | "counters">) {
    this.#store = store;
    this.#mayHaveSlash = store.counters().nextActorNo > 1;
  }

  add(live: Live): void {
    this.#mayHaveSlash ||= live.parent === undefined && live.id.includes("/");
    this.#byNo.set(live.no, live);
    live.root.members.add(live);
    this.#byId.get(live.root)?.set(live.id, live);
  }

  /** An actor has ended and nobody knows it any more, or it is a root that is done: it is restored when asked for. */
  forget(live: Live): void {
    if (this.#byNo.get(live.no) !== live) {
      // It was forgotten, and may have been restored: that is another.
      return;
    }
    if (live.parent === undefined && live.actor.getSnapshot().status === "done") {
      this.forgetRoot(live);
    } else {
      this.#remove(live);
    }
  }

  /** An actor that was being made was not: it never had a snapshot, and nobody gets to know it. */
  giveUp(actor: InternalActor): void {
    const live = liveOf(actor);
    if (live !== undefined) {
      this.#remove(live);
    }
  }

  #remove(live: Live): void {
    this.#byNo.delete(live.no);
    live.root.members.delete(live);
    const byId = this.#byId.get(live.root);
    if (byId?.get(live.id) === live) {
      byId.delete(live.id);
    }
    if (this.roots.get(live.id) === live) {
      this.roots.delete(live.id);
    }
  }

  /** Takes a root out of memory, without stopping it. */
  forgetRoot(live: Live): void {
    this.roots.delete(live.id);
    for (const member of live.root.members) {
      this.#byNo.delete(member.no);
    }
  }

  live(no: number): Live | undefined {
    return this.#byNo.get(no);
  }

  /** The child in memory with this id, its parent's ids before it: one that is not committed yet, too. */
  child(id: string): Live | undefined {
    for (let slash = id.indexOf("/"); slash !== -1; slash = id.indexOf("/", slash + 1)) {
      const above = this.roots.get(id.slice(0, slash));
      const member = above && this.#membersOf(above.root).get(id);
      if (member !== undefined) {
        return member;
      }
    }
    return undefined;
  }

  #membersOf(root: LiveRoot): ReadonlyMap<string, Live> {
    let byId = this.#byId.get(root);
    if (byId === undefined) {
      byId = new Map([...root.members].map((member) => [member.id, member]));
      this.#byId.set(root, byId);
    }
    return byId;
  }

  /** Every actor in memory, parents before children. */
  all(): Iterable<Live> {
    return [...this.#byNo.values()].sort((a, b) => a.no - b.no);
  }

  /**
   * A root, or a child elsewhere in the tree, may have this very id, where ids have a slash of their own. Whether a root
   * that is not in memory has it, the store knows.
   * @throws PawlError ACTOR_EXISTS, ACTOR_ID_INVALID
   */
  refuseTaken(id: string, actor: InternalActor, parent: Live, isRestored: boolean): void {
    // XState takes a number for the id of a child too.
    const own = String(actor.id);
    const fault = own === "__proto__" ? "XState restores no child of this name" : whyNotKept(own);
    if (fault !== undefined) {
      throw new PawlError("ACTOR_ID_INVALID", { id, fault, most: longestRootId });
    }
    if (own.includes("/")) {
      this.#slashed.add(parent.root);
    }
    const elsewhere = this.#slashed.has(parent.root) ? this.child(id) : undefined;
    const namesake = elsewhere?.parent === parent ? undefined : elsewhere;
    const found = namesake?.type.name ?? this.rootWith(id, isRestored);
    if (found !== undefined) {
      throw new PawlError("ACTOR_EXISTS", { id, found, asked: `a child, ${String(actor.src)}` });
    }
  }

  /** The machine of the root that has an id with a slash. */
  rootWith(id: string, inMemory = false): string | undefined {
    const root = this.roots.get(id);
    if (root !== undefined || inMemory || !this.#mayHaveSlash) {
      return root?.type.name;
    }
    const row = this.#store.liveActor(id);
    return row?.parentNo === null ? row.machine : undefined;
  }

  /**
   * XState files a second child of one id over the first, which runs on, but is nobody's child any more: with all below
   * it, whose ids are those of what the other one makes.
   */
  namesakesOf({ parent, key }: Live): Live[] {
    // While the parent is being made it has no snapshot; all its children are written with it.
    const namesake = parent?.recorded === undefined ? undefined : childrenOf(parent.recorded)[key];
    const replaced = namesake === undefined ? undefined : liveOf(namesake);
    if (replaced === undefined) {
      return [];
    }
    return [...withAllBelow(replaced)];
  }
}

/** Those that were let go of before are known to be. */
function* withAllBelow(live: Live): Generator<Live> {
  yield live;
  for (const child of Object.values(live.recorded === undefined ? {} : childrenOf(live.recorded))) {
    const below = liveOf(child);
    if (below !== undefined) {
      yield* withAllBelow(below);
    }
  }
}

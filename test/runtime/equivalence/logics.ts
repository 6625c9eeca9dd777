import {
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  sendParent,
  setup,
} from "xstate";
import { internal } from "../../../src/runtime/xstate/internals.ts";

/** One running piece of work outside the machines. A test decides when it moves. */
interface Work {
  readonly path: string;
  readonly self: AnyActorRef;
  readonly move: (how: number) => void;
  /** Events that reached it since it was last looked at. */
  readonly heard: string[];
}

const mostDelayed = 60;

/**
 * What stands outside the machines of one run, and what it was told. Plain XState leaves the children of a machine
 * that threw running, with nobody whom they could tell; a restart ends them. Nothing of them is looked at.
 */
export class Outside {
  /** What custom actions said, in their order. */
  readonly said: string[] = [];
  /** How often what was done: to see that the random machines do all there is. */
  readonly reached = new Map<string, number>();
  readonly #works = new Set<Work>();
  #delayed = 0;
  readonly #counts = new Map<string, number>();

  /** @returns how to end it */
  open(self: AnyActorRef, move: (how: number) => void, heard: string[] = []): () => void {
    const work = { path: pathOf(self), self, move, heard };
    this.#works.add(work);
    return () => this.#works.delete(work);
  }

  /** Two delayed events for each that comes would be more with each moment: from a number on there is no other. */
  mayDelay(): boolean {
    this.#delayed += 1;
    return this.#delayed <= mostDelayed;
  }

  reach(what: string): void {
    this.reached.set(what, (this.reached.get(what) ?? 0) + 1);
  }

  say(self: AnyActorRef, text: string): void {
    if (isUp(parentOf(self))) {
      this.said.push(text);
    }
  }

  running(): readonly Work[] {
    const works = [...this.#works].filter(({ self }) => isUp(self));
    return works.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  }

  /** How often something happened to an actor; the outside goes on when the process starts anew. */
  count(self: AnyActorRef): number {
    const path = pathOf(self);
    const count = (this.#counts.get(path) ?? 0) + 1;
    this.#counts.set(path, count);
    return count;
  }

  /** What runs, and what it heard since the last look. */
  look(): string[] {
    return this.running().map(({ path, heard }) => [path, ...heard.splice(0)].join(" "));
  }

  move(place: number, how: number): void {
    const works = this.running();
    works[place % Math.max(works.length, 1)]?.move(how);
  }
}

export const parentOf = (actor: AnyActorRef): AnyActorRef | undefined => internal(actor)._parent?.ref;

function pathOf(actor: AnyActorRef): string {
  const parent = parentOf(actor);
  return parent === undefined ? actor.id : `${pathOf(parent)}/${actor.id}`;
}

/** Whether an actor and all above it go on; one that is being made has no snapshot yet. */
function isUp(actor: AnyActorRef | undefined): boolean {
  if (actor === undefined) {
    return true;
  }
  const snapshot = internal(actor)._snapshot as { status: string } | undefined;
  return (snapshot === undefined || snapshot.status === "active") && isUp(parentOf(actor));
}

interface Observer {
  readonly next?: (value: never) => void;
  readonly error?: (error: unknown) => void;
  readonly complete?: () => void;
}

function stream(outside: Outside, self: AnyActorRef, made: (count: number) => unknown) {
  return {
    subscribe: (observer: Observer) => {
      const unsubscribe = outside.open(self, (how) => {
        if (how === 0) {
          observer.next?.(made(outside.count(self)) as never);
          return;
        }
        unsubscribe();
        if (how === 1) {
          observer.complete?.();
        } else {
          observer.error?.(new Error("the stream broke"));
        }
      });
      return { unsubscribe };
    },
  } as never;
}

/** Counts its pings and answers each. */
const child = setup({ types: {} as { context: { pings: number }; events: { type: "PING" } } }).createMachine({
  id: "child",
  context: { pings: 0 },
  initial: "even",
  on: {
    PING: { actions: [assign({ pings: ({ context }) => context.pings + 1 }), sendParent({ type: "PONG" })] },
  },
  states: { even: { always: { guard: ({ context }) => context.pings >= 2, target: "many" } }, many: { tags: "many" } },
});

/** Tells its parent after a while that nothing else takes, and ends. */
const lone = setup({}).createMachine({
  id: "lone",
  initial: "waiting",
  on: { HURRY: ".gone" },
  output: { n: 1 },
  states: { waiting: { after: { 21: "gone" } }, gone: { type: "final", entry: sendParent({ type: "K" }) } },
});

/** The logics that every random machine finds under these names. */
export function fixedLogics(outside: Outside): Record<string, AnyActorLogic> {
  return {
    child,
    lone,
    loneRef: lone,
    counter: fromTransition((count: number, event: { readonly type: string }) => {
      if (event.type === "R.2" && count > 2) {
        throw new Error("counted too far");
      }
      return count + 1;
    }, 0),
    job: fromPromise(
      ({ self, signal }) =>
        new Promise((resolve, reject) => {
          const end = outside.open(self, (how) => {
            end();
            if (how === 2) {
              reject(new Error("the job failed"));
            } else {
              resolve({ n: how + 1 });
            }
          });
          signal.addEventListener("abort", end);
        }),
    ),
    line: fromCallback(({ self, sendBack, receive }) => {
      const heard: string[] = [];
      receive(({ type }) => heard.push(type));
      return outside.open(self, (how) => sendBack({ type: how === 0 ? "R.0" : `E.${how}` }), heard);
    }),
    stream: fromObservable(({ self }) => stream(outside, self, (count) => ({ count }))),
    feed: fromEventObservable(({ self }) => stream(outside, self, (count) => ({ type: `E.${count % 4}` }))),
  };
}

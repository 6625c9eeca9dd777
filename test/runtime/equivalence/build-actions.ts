import {
  type AnyActorRef,
  assign,
  cancel,
  emit,
  enqueueActions,
  forwardTo,
  raise,
  sendParent,
  sendTo,
  spawnChild,
  stopChild,
} from "xstate";
import type { Outside } from "./logics.ts";
import type { ActionSpec, Hire, Kind } from "./machine-spec.ts";
import { messageOf } from "./view.ts";

export interface Context {
  readonly n: number;
  readonly ref?: AnyActorRef | undefined;
}

interface Arguments {
  readonly context: Context;
  readonly event: {
    readonly type: string;
    readonly output?: unknown;
    readonly error?: unknown;
    readonly snapshot?: { readonly status: string };
  };
  readonly self: AnyActorRef;
  readonly system: { get(systemId: string): AnyActorRef | undefined };
}

type Enqueue = ((action: never) => void) & { assign(partial: object): void };

/** Where actions stand: `level` is the event they belong to; what they send has a higher one, so that sending ends. */
export interface Place {
  readonly outside: Outside;
  readonly level: number;
  /** Whether the random machines can be hired here. */
  readonly hasKids: boolean;
}

export const inc = assign({ n: ({ context }: { context: Context }) => context.n + 1 } as never) as unknown;

/** A kid has no kids of its own. */
export const kindHere = (kind: Kind, hasKids: boolean): Kind =>
  !hasKids && (kind === "kid0" || kind === "kid1") ? "child" : kind;

const when = (test: (args: Arguments) => boolean, actions: readonly unknown[]): unknown =>
  enqueueActions(((args: Arguments & { readonly enqueue: Enqueue }) => {
    if (test(args)) {
      for (const action of actions) {
        args.enqueue(action as never);
      }
    }
  }) as never);

/** A child that is not there is an error in XState; it is tried where it may be. */
const hasChild = (id: string) => (args: Arguments) => childrenOf(args.self)[id] !== undefined;

/** Nobody, while the actor is being made: it has no snapshot yet. */
function childrenOf(self: AnyActorRef): Record<string, unknown> {
  try {
    return (self.getSnapshot() as { children?: Record<string, unknown> }).children ?? {};
  } catch {
    return {};
  }
}

const hasParent = ({ self }: Arguments): boolean => (self as unknown as { _parent?: unknown })._parent !== undefined;

export const hireOptions = ({ peer, sync }: Hire): object => ({
  ...(peer !== undefined && { systemId: `peer${peer}` }),
  ...(sync && { syncSnapshot: true }),
  input: ({ context }: { context: Context }) => ({ n: context.n }),
});

export function actionsOf(specs: readonly ActionSpec[], place: Place): unknown[] {
  return specs.flatMap((spec) => [() => place.outside.reach(nameOf(spec)), actionOf(spec, place)].flat());
}

const nameOf = (spec: ActionSpec): string => (spec.do === "spawn" ? `spawn ${spec.hire.kind}` : spec.do);

function actionOf(spec: ActionSpec, { outside, level, hasKids }: Place): unknown {
  const higher = (event: number): { readonly type: string } => ({ type: `R.${level + 1 + (event % (2 - level))}` });
  const maySend = level < 2;
  const delayed = (actions: readonly unknown[]): unknown => when(() => outside.mayDelay(), actions);
  switch (spec.do) {
    case "inc":
      return inc;
    case "emit":
      return emit(({ context }: { context: Context }) => ({ type: "told", n: context.n }));
    case "note":
      return ({ context, event, self }: Arguments) => {
        const brought = messageOf(event.error ?? event.output ?? event.snapshot?.status);
        outside.say(self, [self.id, event.type, context.n, JSON.stringify(brought)].join(" ").replace(/\bx:\d+/g, "x"));
      };
    case "throw":
      return ({ context }: Arguments) => {
        if (context.n === spec.when) {
          throw new Error(`${spec.when} is too many`);
        }
      };
    case "checked":
      return enqueueActions((({ check, enqueue }: { check(guard: unknown): boolean; enqueue: Enqueue }) => {
        if (check(({ context }: { context: Context }) => context.n % 2 === 0)) {
          enqueue.assign({ n: ({ context }: { context: Context }) => context.n + 2 });
          enqueue(emit({ type: "even" }) as never);
        } else {
          enqueue(inc as never);
        }
      }) as never);
    case "lone":
      return delayed([spawnChild("lone")]);
    case "loneRef":
      return delayed([assign({ ref: ({ spawn }: { spawn(src: string): AnyActorRef }) => spawn("loneRef") } as never)]);
    case "tellRef":
      return when(
        ({ context }) => context.ref !== undefined,
        [sendTo((({ context }: Arguments) => context.ref) as never, { type: "HURRY" } as never)],
      );
    case "stopRef":
      return when(
        ({ context }) => context.ref !== undefined,
        [stopChild((({ context }: Arguments) => context.ref) as never)],
      );
    case "spawn": {
      const kind = kindHere(spec.hire.kind, hasKids);
      // One of this id that runs would run on as nobody's child: it is stopped first.
      return [stopChild(kind), spawnChild(kind as never, { id: kind, ...hireOptions(spec.hire) } as never)];
    }
    case "stop":
      return stopChild(kindHere(spec.kind, hasKids));
    case "ping":
      return when(hasChild("child"), [sendTo("child", { type: "PING" })]);
    case "tell": {
      const id = kindHere(spec.kind, hasKids);
      return maySend ? when(hasChild(id), [sendTo(id, higher(spec.event))]) : [];
    }
    case "forward": {
      const id = kindHere(spec.kind, hasKids);
      return level < 3 ? when(hasChild(id), [forwardTo(id)]) : [];
    }
    case "tellParent":
      return maySend ? when(hasParent, [sendParent(higher(spec.event))]) : [];
    case "tellPeer": {
      const peer = ({ system }: Arguments) => system.get(`peer${spec.peer}`);
      const send = sendTo(peer as never, higher(spec.event) as never);
      return maySend ? when((args) => peer(args) !== undefined, [send]) : [];
    }
    case "laterTell": {
      const id = kindHere(spec.kind, hasKids);
      const options = { delay: spec.ms, id: "later" };
      return when(
        (args) => hasChild(id)(args) && outside.mayDelay(),
        [sendTo(id, { type: `E.${spec.event}` }, options)],
      );
    }
    case "laterParent":
      return when(
        (args) => hasParent(args) && outside.mayDelay(),
        [sendParent({ type: `E.${spec.event}` }, { delay: spec.ms, ...idOf(spec.named) })],
      );
    case "cancelLater":
      return cancel("later");
    case "later":
      return delayed([raise({ type: `E.${spec.event}` }, { delay: spec.ms, ...idOf(spec.named) })]);
    case "raise":
      return maySend ? raise(higher(spec.event)) : [];
    default:
      return spec satisfies never;
  }
}

const idOf = (named: boolean): object => (named ? { id: "later" } : {});

/** One run of a block of executable content, and what an error in it becomes. */
import { type AnyActorRef, enqueueActions, stateIn } from "xstate";
import type { Data, Datamodel, Scope } from "./datamodel.ts";
import { eventView, type ScxmlEvent, scxmlProcessor, stateKey } from "./events.ts";
import type { Element } from "./xml.ts";

/** A document on its way to a machine. */
export interface Document {
  readonly name: string;
  /** Where the files lie that it names. */
  readonly folder: string;
  readonly datamodel: Datamodel;
  /** The machines that it invokes, by the name of their place. */
  readonly invoked: Record<string, unknown>;
  /** The machine of another document, that this one invokes. */
  readonly machineOf: (root: Element) => unknown;
}

/** Of XState's `enqueue`, what the content of a document becomes. */
interface Enqueue {
  assign(data: () => Data): void;
  raise(event: ScxmlEvent): void;
  sendTo(target: AnyActorRef | string, event: ScxmlEvent, options: { id?: string; delay?: number }): void;
  cancel(id: string): void;
  spawnChild(src: string, options: { id: string; input: Data }): void;
}

export interface Frame {
  readonly scope: Scope;
  readonly enqueue: Enqueue;
  readonly self: AnyActorRef;
}

export type Step = (frame: Frame) => void;

interface CollectArguments {
  readonly context: Data;
  readonly event: ScxmlEvent;
  readonly enqueue: Enqueue;
  readonly check: (guard: unknown) => boolean;
  readonly self: AnyActorRef;
}

/** Names that no expression can spell: what the converter itself must remember. */
export const session = "(session)";

const processors = new Map<string, Data>();

/** The system variables, the same objects for the same session. */
export function systemOf(document: Document, context: Data, event: ScxmlEvent): Data {
  const id = String(context[session]);
  let known = processors.get(id);
  if (known === undefined) {
    const processor = { location: sessionTarget(id) };
    known = { [scxmlProcessor]: processor, scxml: processor };
    processors.set(id, known);
  }
  return { _event: eventView(event), _sessionid: id, _name: document.name, _ioprocessors: known };
}

export const sessionTarget = (id: string): string => `#_scxml_${id}`;

/** Why a step of a block failed; the steps after it are left out. */
export class Failure extends Error {
  readonly event: ScxmlEvent;

  constructor(element: Element, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(reason);
    const { name: tagname, line, column } = element;
    const { type, sendid } = cause instanceof SendError ? cause : { type: "error.execution", sendid: undefined };
    this.event = { type, data: { tagname, line, column, reason }, envelope: { type: "platform", sendid } };
  }
}

export class SendError extends Error {
  readonly type: "error.execution" | "error.communication";
  readonly sendid: string | undefined;

  constructor(type: SendError["type"], message: string, sendid: string | undefined) {
    super(message);
    this.type = type;
    this.sendid = sendid;
  }
}

/** A step whose errors say which element failed. */
export function stepOf(element: Element, step: Step): Step {
  return (frame) => {
    try {
      step(frame);
    } catch (error) {
      throw error instanceof Failure ? error : new Failure(element, error);
    }
  };
}

/** An action of XState that runs steps on the context, one after the other, up to the first that fails. */
export function block(steps: readonly Step[], document: Document): object {
  const collect = ({ context, event, enqueue, check, self }: CollectArguments): void => {
    const In = (id: string): boolean => check(stateIn(`#${stateKey(id)}`));
    const scope: Scope = { data: { ...context }, system: { ...systemOf(document, context, event), In } };
    try {
      for (const step of steps) {
        step({ scope, enqueue, self });
      }
    } catch (error) {
      if (!(error instanceof Failure)) {
        throw error;
      }
      enqueue.raise(error.event);
    }
    enqueue.assign(() => scope.data);
  };
  return enqueueActions(collect as never);
}

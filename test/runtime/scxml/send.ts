/** `<raise>`, `<send>` and `<cancel>`. */
import type { AnyActorRef } from "xstate";
import { bodyValue, type Data, type Scope } from "./datamodel.ts";
import { type ScxmlEvent, scxmlProcessor } from "./events.ts";
import { type Document, type Frame, SendError, type Step, sessionTarget } from "./frame.ts";
import { type Element, named, words } from "./xml.ts";

/** How many ids were given to `<send>`s that have none. */
const counter = "(sends)";

export function raise({ attributes }: Element): Step {
  const { event = "" } = attributes;
  return ({ enqueue }) => enqueue.raise({ type: event, envelope: { type: "internal" } });
}

export function cancel({ attributes }: Element, { datamodel }: Document): Step {
  const { sendid, sendidexpr = "" } = attributes;
  return ({ enqueue, scope }) => enqueue.cancel(sendid ?? String(datamodel.evaluate(sendidexpr, scope)));
}

export function send(element: Element, document: Document): Step {
  const { id, idlocation } = element.attributes;
  const data = payloadOf(element, document);
  const value = (name: string, scope: Scope): string | undefined => givenOrEvaluated(element, name, document, scope);
  return (frame) => {
    const { scope, enqueue, self } = frame;
    const sendid = id ?? (idlocation === undefined ? undefined : nextId(scope.data));
    if (idlocation !== undefined) {
      document.datamodel.declare(idlocation, sendid, scope);
    }
    const type = value("type", scope) ?? scxmlProcessor;
    if (type !== scxmlProcessor && type !== "scxml") {
      throw new SendError("error.execution", `events of type ${type} are not sent`, sendid);
    }
    const delay = milliseconds(value("delay", scope));
    const target = targetOf(value("target", scope), frame, document, sendid);
    const named = { type: value("event", scope) ?? "", data: data(scope) };
    if (target === "internal") {
      enqueue.raise({ ...named, envelope: { type: "internal", sendid } });
      return;
    }
    const origin = sessionTarget(self.id);
    const sent: ScxmlEvent = {
      ...named,
      envelope: { type: "external", sendid, origin, origintype: scxmlProcessor, invokeid: invokeId(target, self) },
    };
    // What a machine sends to itself comes after all that is raised, and after what it is doing now.
    const wait = delay ?? (target === self ? 0 : undefined);
    enqueue.sendTo(target, sent, {
      ...(sendid !== undefined && { id: sendid }),
      ...(wait !== undefined && { delay: wait }),
    });
  };
}

function nextId(data: Data): string {
  data[counter] = Number(data[counter] ?? 0) + 1;
  return `send.${String(data[counter])}`;
}

/** `name` as it stands, or what the expression in `nameexpr` gives. */
export function givenOrEvaluated(element: Element, name: string, document: Document, scope: Scope): string | undefined {
  const { [name]: fixed, [`${name}expr`]: expression } = element.attributes;
  return expression === undefined ? fixed : String(document.datamodel.evaluate(expression, scope));
}

function invokeId(target: AnyActorRef | string, self: AnyActorRef): string | undefined {
  return target === self._parent ? self.id : undefined;
}

function targetOf(
  target: string | undefined,
  { self }: Frame,
  document: Document,
  sendid: string | undefined,
): AnyActorRef | string {
  if (target === undefined || target === sessionTarget(self.id)) {
    return self;
  }
  if (target === "#_internal") {
    return "internal";
  }
  const parent = self._parent;
  if (parent !== undefined && (target === "#_parent" || target === sessionTarget(parent.id))) {
    return parent;
  }
  const child = target.slice("#_".length);
  if (target.startsWith("#_") && Object.hasOwn(document.invoked, child)) {
    return child;
  }
  const known = target.startsWith("#_");
  throw new SendError(known ? "error.communication" : "error.execution", `nobody is at ${target}`, sendid);
}

/** `10ms`, `1.5s`, `.5s` or a number of milliseconds. */
function milliseconds(delay: string | undefined): number | undefined {
  if (delay === undefined) {
    return undefined;
  }
  const [, number, unit] = /^(\d*\.?\d+)(ms|s)?$/.exec(delay.trim()) ?? [];
  if (number === undefined) {
    throw new Error(`${delay} is not a delay`);
  }
  return Number(number) * (unit === "s" ? 1_000 : 1);
}

/** What `namelist`, `<param>` and `<content>` give; undefined where there is none of them. */
export function payloadOf(element: Element, document: Document): (scope: Scope) => unknown {
  const { datamodel } = document;
  const [content] = named(element, "content");
  if (content !== undefined) {
    const { expr } = content.attributes;
    const body = expr === undefined ? bodyValue(content) : undefined;
    return (scope) => (expr === undefined ? body : datamodel.evaluate(expr, scope));
  }
  const parts = [
    ...words(element.attributes["namelist"]).map((name) => [name, name] as const),
    ...named(element, "param").map(
      ({ attributes: { name = "", expr, location } }) => [name, expr ?? location] as const,
    ),
  ];
  if (parts.length === 0) {
    return () => undefined;
  }
  return (scope) =>
    Object.fromEntries(parts.map(([name, expression = ""]) => [name, datamodel.evaluate(expression, scope)]));
}

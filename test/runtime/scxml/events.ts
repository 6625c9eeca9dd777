/** Events and their descriptors, from SCXML's names to XState's and back. */
import type { Data } from "./datamodel.ts";

/** What SCXML tells of an event besides its name and data. */
interface Envelope {
  readonly type: "internal" | "external" | "platform";
  readonly sendid?: string | undefined;
  readonly origin?: string | undefined;
  readonly origintype?: string | undefined;
  readonly invokeid?: string | undefined;
}

export interface ScxmlEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly envelope?: Envelope;
}

export const scxmlProcessor = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor";

const byScxml: readonly (readonly [scxml: string, xstate: string])[] = [
  ["done.state", "xstate.done.state"],
  ["done.invoke", "xstate.done.actor"],
];

/** XState splits ids at points. */
export const stateKey = (id: string): string => id.replaceAll(".", "·");
export const stateId = (key: string): string => key.replaceAll("·", ".");

function under(name: string, prefix: string): boolean {
  return name === prefix || name.startsWith(`${prefix}.`);
}

/** The descriptors in XState's words that match what one of SCXML's does: `foo` is `foo.*` there. */
export function descriptors(scxml: string): string[] {
  const prefix = scxml.replace(/\.?\*$/, "").replace(/\.$/, "");
  if (prefix === "") {
    return ["*"];
  }
  const known = byScxml.find(([from]) => under(prefix, from));
  if (known !== undefined) {
    const [from, to] = known;
    const rest = prefix.slice(from.length + 1);
    return [[to, ...(rest === "" ? [] : [from === "done.state" ? stateKey(rest) : rest]), "*"].join(".")];
  }
  return prefix === "done" ? ["done.*", ...byScxml.map(([, to]) => `${to}.*`)] : [`${prefix}.*`];
}

/** Whether an event of XState is meant by a descriptor of XState. */
export function matches(type: string, descriptor: string): boolean {
  return descriptor === "*" || under(type, descriptor.slice(0, -".*".length));
}

const seen = new WeakMap<object, Data>();

/** `_event`, the same object for the same event; undefined before the first. */
export function eventView(event: ScxmlEvent & { readonly output?: unknown }): Data | undefined {
  if (event.type === "xstate.init") {
    return undefined;
  }
  let view = seen.get(event);
  if (view === undefined) {
    const known = byScxml.find(([, to]) => under(event.type, to));
    const rest = known === undefined ? "" : event.type.slice(known[1].length + 1);
    view = {
      name: known === undefined ? event.type : `${known[0]}.${stateId(rest)}`,
      type: known === undefined ? (event.envelope?.type ?? "external") : "platform",
      sendid: event.envelope?.sendid,
      origin: event.envelope?.origin,
      origintype: event.envelope?.origintype,
      invokeid: known?.[0] === "done.invoke" ? rest : event.envelope?.invokeid,
      data: known === undefined ? event.data : event.output,
    };
    seen.set(event, view);
  }
  return view;
}

/** `<state>`, `<parallel>`, `<final>` and `<history>`, with all that is inside. */
import { stepsOf } from "./content.ts";
import { lateData } from "./data.ts";
import type { Data } from "./datamodel.ts";
import { stateKey } from "./events.ts";
import { block, type Document, type Step, stepOf } from "./frame.ts";
import { invokesOf } from "./invoke.ts";
import { payloadOf } from "./send.ts";
import { actionsOf, targetsOf, transitionsOf } from "./transition.ts";
import { type Element, named } from "./xml.ts";

const stateNames = ["state", "parallel", "final", "history"];

/** The config of a state; `isLate`: its variables get their values when it is entered. */
export function stateOf(element: Element, document: Document, isLate: boolean): object {
  const id = idOf(element);
  if (element.name === "history") {
    return historyOf(element, id);
  }
  const done = doneData(element, document);
  const invokes = invokesOf(element, id, document);
  const entry = [
    ...(isLate ? [lateData(element, document)] : []),
    ...named(element, "onentry").map(({ children }) => stepsOf(children, document)),
    ...(done === undefined ? [] : [[done.step]]),
    ...invokes.steps.map((step) => [step]),
  ];
  return {
    id: stateKey(id),
    ...(element.name === "final" && { type: "final" }),
    ...(done !== undefined && { output: done.output }),
    ...(entry.length > 0 && { entry: entry.map((steps) => block(steps, document)) }),
    exit: [
      ...named(element, "onexit").map(({ children }) => block(stepsOf(children, document), document)),
      ...invokes.exits,
    ],
    ...(invokes.configs.length > 0 && { invoke: invokes.configs }),
    ...transitionsOf(element, document),
    ...insideOf(element, document, isLate),
  };
}

/** `<final/>` needs no id. */
function idOf({ attributes, name, line, column }: Element): string {
  return attributes["id"] ?? `${name} at ${line}:${column}`;
}

/** Of XState's config, what stands between a state and its children. */
export interface Inside {
  readonly type?: "parallel";
  readonly initial?: string | object;
  readonly states?: Record<string, object>;
}

/** Children and which of them is entered, of a state or of the document itself. */
export function insideOf(element: Element, document: Document, isLate: boolean): Inside {
  const children = named(element, ...stateNames);
  if (children.length === 0) {
    return {};
  }
  const states = Object.fromEntries(children.map((child) => [stateKey(idOf(child)), stateOf(child, document, isLate)]));
  if (element.name === "parallel") {
    return { type: "parallel", states };
  }
  const [initial] = named(element, "initial").flatMap((found) => named(found, "transition"));
  const first = children.find(({ name }) => name !== "history") ?? children[0];
  const target = initial?.attributes["target"] ?? element.attributes["initial"] ?? (first && idOf(first)) ?? "";
  const actions = initial === undefined ? {} : actionsOf(initial, document);
  const key = stateKey(target);
  if (Object.hasOwn(states, key)) {
    return { initial: { target: key, ...actions }, states };
  }
  // XState's `initial` names a child; for what lies deeper a child is entered that is left at once.
  const leave = { always: { target: targetsOf(target), ...actions } };
  return { initial: "(initial)", states: { "(initial)": leave, ...states } };
}

function historyOf(element: Element, id: string): object {
  const [transition] = named(element, "transition");
  if (transition !== undefined && transition.children.length > 0) {
    throw new Error("XState has no actions for the default of a history");
  }
  return {
    id: stateKey(id),
    type: "history",
    history: element.attributes["type"] ?? "shallow",
    ...(transition !== undefined && { target: targetsOf(transition.attributes["target"] ?? "") }),
  };
}

/** Taken while the state is entered, so that an error comes before the event that tells of the end. */
function doneData(element: Element, document: Document) {
  const [found] = named(element, "donedata");
  if (found === undefined) {
    return undefined;
  }
  const data = payloadOf(found, document);
  const key = `(donedata ${idOf(element)})`;
  const step: Step = ({ scope }) => {
    scope.data[key] = undefined;
    scope.data[key] = data(scope);
  };
  return { step: stepOf(found, step), output: ({ context }: { readonly context: Data }) => context[key] };
}

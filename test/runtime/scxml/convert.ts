/** An SCXML document as a machine of XState. */
import { type AnyActorRef, type AnyStateMachine, createMachine } from "xstate";
import { initialData, passed } from "./data.ts";
import { type Data, Datamodel } from "./datamodel.ts";
import { block, type Document, type Frame, type Step, session } from "./frame.ts";
import { type Inside, insideOf } from "./state.ts";
import { transitionsOf } from "./transition.ts";
import { type Element, parseXml } from "./xml.ts";

/** @throws Error of what is not converted, and why */
export function convert(source: string, folder: string): AnyStateMachine {
  return documentMachine(parseXml(source), folder, false);
}

function documentMachine(root: Element, folder: string, isInvoked: boolean): AnyStateMachine {
  const { name = "document", binding } = root.attributes;
  const document: Document = {
    name,
    folder,
    datamodel: new Datamodel(),
    invoked: {},
    machineOf: (invoked) => documentMachine(invoked, folder, true),
  };
  const isLate = binding === "late";
  const inside = insideOf(root, document, isLate);
  const start = initialData(root, document, isLate);
  declareFunctions(start);
  const config = {
    id: "(document)",
    context: ({ input, self }: { readonly input: unknown; readonly self: AnyActorRef }) => ({
      [session]: self.id,
      [passed]: input,
    }),
    entry: start.map((steps) => block(steps, document)),
    output: ({ event }: { readonly event: { readonly output?: unknown } }) => event.output,
    ...transitionsOf(root, document),
    ...(isInvoked ? startedSoon(inside) : inside),
  };
  return createMachine(config as never, { actors: document.invoked } as never);
}

/** An invoked document is a session of its own: it begins when the one that invoked it has come to rest. */
function startedSoon({ initial, states }: Inside): Inside {
  return { initial: "(start)", states: { "(start)": { after: { 0: initial } }, ...states } };
}

/** Functions are code: they are there before the machine runs, also when it goes on from a stored state. */
function declareFunctions(start: readonly (readonly Step[])[]): void {
  const data: Data = {};
  for (const step of start.flat()) {
    try {
      step({ scope: { data, system: {} } } as unknown as Frame);
    } catch {
      // What cannot be had yet is no function, or fails again when the machine starts, and is told of there.
    }
  }
}

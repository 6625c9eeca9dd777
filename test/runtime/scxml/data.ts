/** `<datamodel>`: the values that a document starts with. */
import { readNamed, stepsOf } from "./content.ts";
import { bodyValue, textValue } from "./datamodel.ts";
import { type Document, type Step, stepOf } from "./frame.ts";
import { type Element, named } from "./xml.ts";

/** What was passed to the document by who invoked it. */
export const passed = "(input)";

/** The steps that give all variables of a document their values; each fails alone. Then the scripts of its top. */
export function initialData(root: Element, document: Document, isLate: boolean): Step[][] {
  const own = dataOf(root);
  const inner = everyData(root).filter((data) => !own.includes(data));
  return [
    ...own.map((data) => [valueStep(data, document, true)]),
    ...inner.map((data) => [isLate ? declareStep(data) : valueStep(data, document, false)]),
    ...named(root, "script").map((script) => stepsOf([script], document)),
  ];
}

/** The variables of a state with late binding get their values when it is entered for the first time. */
export function lateData(state: Element, document: Document): Step[] {
  return dataOf(state).map((data) => {
    const set = valueStep(data, document, false);
    const bound = `(bound ${data.attributes["id"] ?? ""})`;
    return (frame) => {
      if (!(bound in frame.scope.data)) {
        frame.scope.data[bound] = true;
        set(frame);
      }
    };
  });
}

function dataOf(element: Element): Element[] {
  return named(element, "datamodel").flatMap((datamodel) => named(datamodel, "data"));
}

function everyData(element: Element): Element[] {
  const states = named(element, "state", "parallel");
  return [...dataOf(element), ...states.flatMap(everyData)];
}

function declareStep({ attributes }: Element): Step {
  return ({ scope }) => {
    scope.data[attributes["id"] ?? ""] = undefined;
  };
}

function valueStep(element: Element, document: Document, isPassable: boolean): Step {
  const { id = "", expr, src } = element.attributes;
  const fixed = src === undefined ? bodyValue(element) : textValue(readNamed(src, document));
  const declare = declareStep(element);
  return stepOf(element, (frame) => {
    const { scope } = frame;
    const input = scope.data[passed] as Record<string, unknown> | undefined;
    declare(frame);
    if (isPassable && input !== undefined && Object.hasOwn(input, id)) {
      scope.data[id] = input[id];
    } else {
      document.datamodel.declare(id, expr === undefined ? fixed : document.datamodel.evaluate(expr, scope), scope);
    }
  });
}

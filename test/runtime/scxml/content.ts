/** Executable content: each element becomes a step of a block. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, type Step, stepOf } from "./frame.ts";
import { cancel, raise, send } from "./send.ts";
import type { Element } from "./xml.ts";

type Compile = (element: Element, document: Document) => Step;

const compilers: Readonly<Record<string, Compile>> = {
  assign,
  cancel,
  foreach,
  if: ifElse,
  log,
  raise,
  script,
  send,
};

/** @throws Error of an element that is not converted */
export function stepsOf(elements: readonly Element[], document: Document): Step[] {
  return elements.map((element) => {
    const compile = compilers[element.name];
    if (compile === undefined) {
      throw new Error(`<${element.name}> is not converted`);
    }
    return stepOf(element, compile(element, document));
  });
}

/** A file of the package, named as in `src="file:name"`. */
export function readNamed(src: string, { folder }: Document): string {
  return readFileSync(join(folder, src.replace(/^file:/, "")), "utf8");
}

function assign({ attributes, children, text }: Element, { datamodel }: Document): Step {
  const { location = "", expr = text } = attributes;
  if (children.length > 0) {
    throw new Error("XML as a value needs a DOM");
  }
  return ({ scope }) => datamodel.assign(location, datamodel.evaluate(expr, scope), scope);
}

function log({ attributes }: Element, { datamodel }: Document): Step {
  return ({ scope }) => datamodel.evaluate(attributes["expr"] ?? "", scope);
}

function script({ attributes, text }: Element, document: Document): Step {
  const { src } = attributes;
  const code = src === undefined ? text : readNamed(src, document);
  return ({ scope }) => document.datamodel.execute(code, scope);
}

function ifElse({ attributes, children }: Element, document: Document): Step {
  const branches: { cond: string; steps: Step[] }[] = [{ cond: attributes["cond"] ?? "", steps: [] }];
  for (const child of children) {
    if (child.name === "elseif" || child.name === "else") {
      branches.push({ cond: child.attributes["cond"] ?? "true", steps: [] });
    } else {
      branches.at(-1)?.steps.push(...stepsOf([child], document));
    }
  }
  return (frame) => {
    const taken = branches.find(({ cond }) => Boolean(document.datamodel.evaluate(cond, frame.scope)));
    for (const step of taken?.steps ?? []) {
      step(frame);
    }
  };
}

function foreach({ attributes, children }: Element, document: Document): Step {
  const { datamodel } = document;
  const { array = "", item = "", index } = attributes;
  const steps = stepsOf(children, document);
  return (frame) => {
    const list = datamodel.evaluate(array, frame.scope);
    if (!Array.isArray(list)) {
      throw new TypeError(`${array} is not an array`);
    }
    for (const [at, value] of [...(list as unknown[])].entries()) {
      datamodel.declare(item, value, frame.scope);
      if (index !== undefined) {
        datamodel.declare(index, at, frame.scope);
      }
      for (const step of steps) {
        step(frame);
      }
    }
  };
}

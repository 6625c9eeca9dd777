/** `<invoke>` of another document. */
import { readdirSync } from "node:fs";
import { stopChild } from "xstate";
import { readNamed } from "./content.ts";
import type { Data } from "./datamodel.ts";
import { type Document, type Step, stepOf } from "./frame.ts";
import { givenOrEvaluated, payloadOf } from "./send.ts";
import { type Element, named, parseXml } from "./xml.ts";

interface Invokes {
  /** XState's own `invoke`: where all is known beforehand. */
  readonly configs: object[];
  /** A child that is spawned on entry and stopped on exit: where it depends on expressions. */
  readonly steps: Step[];
  readonly exits: object[];
}

const documentTypes = ["scxml", "http://www.w3.org/TR/scxml", "http://www.w3.org/TR/scxml/"];

/** @throws Error of what XState has no counterpart for */
export function invokesOf(state: Element, stateId: string, document: Document): Invokes {
  const invokes: Invokes = { configs: [], steps: [], exits: [] };
  for (const [index, element] of named(state, "invoke").entries()) {
    const { attributes } = element;
    const id = attributes["id"] ?? `${stateId}.invoke${index}`;
    if (attributes["autoforward"] === "true") {
      throw new Error("XState 5 has no autoforward");
    }
    if (named(element, "finalize").length > 0) {
      throw new Error("XState has no <finalize>");
    }
    const sources = attributes["srcexpr"] === undefined ? { [id]: sourceOf(element, document) } : library(document);
    for (const [name, source] of Object.entries(sources)) {
      document.invoked[name] = document.machineOf(source);
    }
    if (isFixed(element)) {
      checkType(attributes["type"]);
      invokes.configs.push({ id, src: id });
    } else {
      invokes.steps.push(stepOf(element, spawnStep(element, id, document)));
      invokes.exits.push(stopChild(id));
    }
  }
  return invokes;
}

function sourceOf(element: Element, document: Document): Element {
  const { src } = element.attributes;
  const [inside] = named(element, "content").flatMap(({ children }) => children);
  if (inside === undefined && src === undefined) {
    throw new Error("what is invoked is known only while it runs");
  }
  return inside ?? parseXml(readNamed(src ?? "", document));
}

/** XState chooses among what is registered: for an expression, all documents that are there to be invoked. */
function library(document: Document): Record<string, Element> {
  const files = readdirSync(document.folder).filter((file) => /sub\d+\.scxml$/.test(file));
  return Object.fromEntries(files.map((file) => [`file:${file}`, parseXml(readNamed(file, document))]));
}

function isFixed({ attributes, children }: Element): boolean {
  const fixed = ["id", "type", "src"];
  return (
    Object.keys(attributes).every((name) => fixed.includes(name)) && children.every(({ name }) => name === "content")
  );
}

function checkType(type: string | undefined): void {
  if (type !== undefined && !documentTypes.includes(type)) {
    throw new Error(`a ${type} cannot be invoked`);
  }
}

function spawnStep(element: Element, id: string, document: Document): Step {
  const { idlocation } = element.attributes;
  // Its `<content>` is the document, not what is passed to it.
  const input = payloadOf({ ...element, children: named(element, "param") }, document);
  return ({ scope, enqueue }) => {
    checkType(givenOrEvaluated(element, "type", document, scope));
    if (idlocation !== undefined) {
      document.datamodel.declare(idlocation, id, scope);
    }
    const src = element.attributes["srcexpr"] === undefined ? id : givenOrEvaluated(element, "src", document, scope);
    enqueue.spawnChild(src ?? id, { id, input: (input(scope) ?? {}) as Data });
  };
}

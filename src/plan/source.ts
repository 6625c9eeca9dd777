import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import type { ErrorPlace } from "../base/errors/index.ts";
import { quoteId } from "./quote.ts";

/** Keys and list indexes that lead from the top of a plan to a value. */
export type Path = readonly (string | number)[];

/** A text as nodes that know where they stand. */
export interface Written {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** The plan as it was written: its values, and where in the text each stands. */
export class PlanSource {
  readonly file: string;
  /** The values as plain data, its own; nothing of them is checked yet. */
  readonly data: unknown;
  readonly #parse: () => Written;
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>();
  #written: Written | undefined;

  /** @param parse gives the places; asked for when the first of them is */
  constructor(file: string, data: unknown, parse: () => Written) {
    this.file = file;
    this.data = data;
    this.#parse = parse;
  }

  written(): Written {
    this.#written ??= this.#parse();
    return this.#written;
  }

  /** The value at a path, `undefined` where there is none. */
  value(path: Path): unknown {
    let value: unknown = this.data;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
        return undefined;
      }
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  }

  /** A number, or true or false, as it was typed: its value may be another one, as 0012345 is 12345. */
  typed(path: Path): string | undefined {
    const { node } = this.#follow(path);
    return isScalar(node) ? node.source : undefined;
  }

  /** Makes a number, or true or false, the text that was typed; other values stay. */
  takeAsTyped(path: Path): void {
    const value = this.value(path);
    const key = path.at(-1);
    if (key !== undefined && (typeof value === "number" || typeof value === "boolean")) {
      const holder = this.value(path.slice(0, -1)) as Record<string | number, unknown>;
      holder[key] = this.typed(path) ?? String(value);
    }
  }

  /** Where a value stands, or the nearest thing around it that exists. */
  place(path: Path): ErrorPlace {
    return this.#placeOf(this.#follow(path).node);
  }

  /** Where the last key of a path stands. */
  keyPlace(path: Path): ErrorPlace {
    const { node, key } = this.#follow(path);
    return this.#placeOf(key ?? node);
  }

  /** A path in words: `workstream client, task bump, timeout`. */
  where(path: Path): string {
    const words: string[] = [];
    let index = 0;
    for (const [collection, kind] of namedThings) {
      if (path[index] === collection && path.length > index + 1) {
        words.push(`${kind} ${this.#nameOf(path.slice(0, index + 2))}`);
        index += 2;
      }
    }
    const rest = path.slice(index).map((step) => (typeof step === "number" ? `[${step}]` : `.${quoteId(step)}`));
    if (rest.length > 0) {
      words.push(rest.join("").replace(/^\./, ""));
    }
    return words.length === 0 ? "the plan" : words.join(", ");
  }

  #nameOf(path: Path): string {
    const last = path.at(-1)!;
    const id = typeof last === "string" ? last : this.value([...path, "id"]);
    return typeof id === "string" ? quoteId(id) : `no. ${Number(last) + 1}`;
  }

  #follow(path: Path): { node: Node | null; key: Node | null } {
    let node = this.#resolve(this.written().document.contents);
    let key: Node | null = null;
    for (const step of path) {
      const pair = isMap(node) ? this.#pairsOf(node).get(String(step)) : undefined;
      const next = pair === undefined ? (isSeq(node) ? node.items[Number(step)] : undefined) : (pair.value ?? pair.key);
      if (next === undefined) {
        break;
      }
      key = pair === undefined ? null : (pair.key as Node);
      node = this.#resolve(next as Node);
    }
    return { node, key };
  }

  #resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.written().document) ?? node) : node;
  }

  #pairsOf(map: YAMLMap): Map<string, Pair> {
    const known = this.#pairs.get(map);
    const pairs = known ?? new Map(map.items.map((pair) => [keyText(pair), pair]));
    this.#pairs.set(map, pairs);
    return pairs;
  }

  #placeOf(node: Node | null): ErrorPlace {
    const offset = node?.range?.[0];
    if (offset === undefined) {
      return { file: this.file };
    }
    const { line, col } = this.written().lines.linePos(offset);
    return { file: this.file, line, column: col };
  }
}

/** The text of a map's key; with `stringKeys` every key is a string. */
export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** Collections whose members a message names by their id, outermost first. */
const namedThings = [
  ["tools", "tool"],
  ["gates", "gate"],
  ["workstreams", "workstream"],
  ["tasks", "task"],
] as const;

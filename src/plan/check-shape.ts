import type * as z from "zod";
import { type ErrorPlace, PawlError } from "../base/errors/index.ts";
import { durationPattern, sizePattern } from "../base/quantities.ts";
import { alternatives, type JsonSchema, planJsonSchema, schemaAt } from "./json-schema.ts";
import type { Problems } from "./problems.ts";
import { quote, quoteId } from "./quote.ts";
import { type PlanFile, planSchema } from "./schema/plan.ts";
import type { ToError } from "./schema/problem.ts";
import type { Path, PlanSource } from "./source.ts";

/** Keys and types of a plan file. Adds what is wrong to the problems, and then gives nothing. */
export function checkShape(source: PlanSource, problems: Problems): PlanFile | undefined {
  const result = planSchema.safeParse(source.data);
  if (result.success) {
    return result.data;
  }
  const explain = new Explanation(source, problems);
  for (const issue of withoutEchoes(result.error.issues)) {
    explain.issue(issue, []);
  }
  return undefined;
}

/** Of a huge whole number zod says twice that it is too big: for its own bound, and for what a number holds exactly. */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const isRange = ({ code }: z.core.$ZodIssue): boolean => code === "too_big" || code === "too_small";
  const told = new Set<string>();
  return issues.filter((issue) => {
    const place = JSON.stringify(issue.path);
    const isEcho = isRange(issue) && told.has(place);
    if (isRange(issue)) {
      told.add(place);
    }
    return !isEcho;
  });
}

/** Turns zod's issues into errors of the table. */
class Explanation {
  readonly #source: PlanSource;
  readonly #problems: Problems;
  readonly #schema: JsonSchema = planJsonSchema();

  constructor(source: PlanSource, problems: Problems) {
    this.#source = source;
    this.#problems = problems;
  }

  issue(issue: z.core.$ZodIssue, parent: Path): void {
    const path: Path = [...parent, ...(issue.path as Path)];
    const value = this.#source.value(path);
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        this.#unknownKey(path, key);
      }
    } else if (issue.code === "invalid_key") {
      for (const inner of issue.issues) {
        this.#add(inner, path, this.#source.keyPlace(path));
      }
    } else if (value === undefined) {
      this.#missingKey(path);
    } else if (issue.code === "invalid_union") {
      this.#union(issue.errors, path, value);
    } else {
      this.#add(issue, path, this.#source.place(path));
    }
  }

  /** Of several forms the one is explained that the value's own type belongs to. */
  #union(branches: readonly z.core.$ZodIssue[][], path: Path, value: unknown): void {
    const meant = branches.find((issues) => !issues.some((each) => each.code === "invalid_type" && !each.path.length));
    if (meant === undefined) {
      this.#wrongType(path, value, this.#source.place(path));
      return;
    }
    for (const issue of meant) {
      this.issue(issue, path);
    }
  }

  #add(issue: z.core.$ZodIssue, path: Path, at: ErrorPlace): void {
    const where = this.#source.where(path);
    const value = this.#source.value(path);
    if (issue.code === "custom") {
      const toError = issue.params?.["toError"] as ToError;
      this.#problems.add(toError(where, at));
    } else if (issue.code === "invalid_type") {
      this.#wrongType(path, value, at);
    } else {
      const expected = expectedValue(this.#schemaAt(path), value);
      this.#problems.add(new PawlError("PLAN_BAD_VALUE", { where, value: quote(value), expected }, { at }));
    }
  }

  #wrongType(path: Path, value: unknown, at: ErrorPlace): void {
    const schema = this.#schemaAt(path);
    const unit = schema.pattern === durationPattern || schema.pattern === sizePattern;
    if (unit && typeof value === "number") {
      const code = schema.pattern === durationPattern ? "DURATION_INVALID" : "SIZE_INVALID";
      this.#problems.add(new PawlError(code, { value }, { at }));
      return;
    }
    const types = alternatives(schema).map(mainType);
    const expected = types.map((type) => typeNames[type] ?? type).join(" or ");
    const typed = this.#source.typed(path) ?? quote(value);
    const hint = conversion(types, value, typed) ?? `Write ${expected}. ${schema.description ?? ""}`.trim();
    const values = { where: this.#source.where(path), expected, found: describe(value, typed), hint };
    this.#problems.add(new PawlError("PLAN_WRONG_TYPE", values, { at }));
  }

  #missingKey(path: Path): void {
    const parent = path.slice(0, -1);
    const meaning = this.#schemaAt(path).description ?? "it is needed.";
    const values = { where: this.#source.where(parent), key: String(path.at(-1)), meaning };
    this.#problems.add(new PawlError("PLAN_KEY_MISSING", values, { at: this.#source.place(parent) }));
  }

  #unknownKey(path: Path, key: string): void {
    const known = alternatives(this.#schemaAt(path)).flatMap((each) => Object.keys(each.properties ?? {}));
    const values = {
      where: this.#source.where(path),
      key: quoteId(key),
      hint: key === "<<" ? noMergeKeys : this.#problems.didYouMean(key, known),
      known: known.filter((each) => each !== "$schema").join(", "),
    };
    this.#problems.add(new PawlError("PLAN_KEY_UNKNOWN", values, { at: this.#source.keyPlace([...path, key]) }));
  }

  #schemaAt(path: Path): JsonSchema {
    return schemaAt(this.#schema, path) ?? {};
  }
}

/** Of YAML 1.1; many tools read them still. */
const noMergeKeys = "YAML 1.2 has no merge keys: write out here what is to be the same. ";

/** The type to write; of several the first, as which the others are taken. */
function mainType({ type }: JsonSchema): string {
  return String(Array.isArray(type) ? type[0] : type);
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys and values",
};

function describe(value: unknown, typed: string): string {
  if (value === null) {
    return "nothing";
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  if (typeof value === "number") {
    return typed;
  }
  return typeof value === "object" ? "a map" : quote(value);
}

/** How to write the same value in the type that is asked for, where that is clear. */
function conversion(types: readonly string[], value: unknown, typed: string): string | undefined {
  if (types.includes("string") && (typeof value === "number" || typeof value === "boolean")) {
    return `Put it in quotes: ${quote(typed)}.`;
  }
  if (types.length === 1 && types[0] === "array" && typeof value === "string") {
    return `Put it in brackets: [${value.length < 64 ? quoteId(value) : "…"}].`;
  }
  return undefined;
}

/** What may stand here, as the end of "Write …". */
function expectedValue(schema: JsonSchema, value: unknown): string {
  const type = Array.isArray(value) ? ["array"] : typeof value === "number" ? ["number", "integer"] : [typeof value];
  const meant = alternatives(schema).find((each) => type.includes(mainType(each))) ?? schema;
  const choices = meant.const === undefined ? meant.enum : [meant.const];
  if (choices !== undefined) {
    return choices.length === 1 ? `\`${String(choices[0])}\`` : `one of ${choices.join(", ")}`;
  }
  const least = meant.minimum ?? meant.minLength ?? meant.minItems ?? 0;
  const most = meant.maximum ?? meant.maxLength ?? Number.MAX_SAFE_INTEGER;
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
  const [one, many] = units[mainType(meant)] ?? ["", ""];
  return range + (range.endsWith(" 1") ? one : many);
}

const units: Readonly<Record<string, readonly [string, string]>> = {
  array: [" entry", " entries"],
  string: [" character", " characters"],
};

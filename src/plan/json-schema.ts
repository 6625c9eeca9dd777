import * as z from "zod";
import { planSchema } from "./schema/plan.ts";

/** A part of the JSON Schema of a plan. */
export type JsonSchema = Readonly<z.core.JSONSchema.BaseSchema>;

/** The JSON Schema (draft 7, which all editors know) of a plan file: a description on every key. */
export function planJsonSchema(): JsonSchema {
  return { title: "A Pawl plan", ...z.toJSONSchema(planSchema, { io: "input", target: "draft-7" }) };
}

/** The part of the schema that a value at the path must match; undefined where the language has nothing. */
export function schemaAt(schema: JsonSchema, path: readonly (string | number)[]): JsonSchema | undefined {
  let found: JsonSchema[] = [schema];
  for (const step of path) {
    found = found.flatMap((part) => alternatives(part)).flatMap((part) => below(part, step));
  }
  return found[0];
}

/** A schema, or those that it offers the choice of. */
export function alternatives(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf === undefined ? [schema] : (schema.anyOf as JsonSchema[]);
}

function below(schema: JsonSchema, step: string | number): JsonSchema[] {
  const properties = schema.properties ?? {};
  const named = Object.hasOwn(properties, step) ? properties[step] : undefined;
  const part = named ?? (typeof step === "number" ? schema.items : schema.additionalProperties);
  return typeof part === "object" ? [part as JsonSchema] : [];
}

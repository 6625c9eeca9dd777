import * as z from "zod";
import { holdsControls, holdsHalfCharacters } from "../../base/control-characters.ts";
import { PawlError } from "../../base/errors/index.ts";
import { durationPattern, parseDuration, parseSize, sizePattern } from "../../base/quantities.ts";
import { quote } from "../quote.ts";
import { problem } from "./problem.ts";

const longestId = 64;

const idPattern = "^[A-Za-z0-9](?!.*\\.\\.)(?!.*\\.lock$)([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$";

/**
 * The id of a gate or tool, which is the key of its map. It is checked elsewhere: zod leaves out the value of a
 * refused key, and what is wrong in there would be told only afterwards.
 */
export const idKey = z.string().meta({ pattern: idPattern });

/** Why a text cannot be an id; undefined when it can. Ids become names of branches, folders and log files. */
export function whyNoId(id: string): string | undefined {
  if (id === "") {
    return "is empty";
  }
  if (id.length > longestId) {
    return `has ${id.length} characters, and ${longestId} are allowed`;
  }
  if (holdsControls(id)) {
    return "holds a control character";
  }
  if (/\s/.test(id)) {
    return "holds a space";
  }
  if (id.includes("/") || id.includes("\\")) {
    return "holds a slash";
  }
  if (id.includes("..")) {
    return "holds `..`";
  }
  if (!/^[A-Za-z0-9]/.test(id)) {
    return `begins with ${quote(id[0])}`;
  }
  if (/(\.|\.lock)$/.test(id)) {
    return "ends with `.` or `.lock`, which git refuses in a branch";
  }
  const other = /[^A-Za-z0-9._-]/u.exec(id)?.[0];
  return other === undefined ? undefined : `holds ${quote(other)}`;
}

function idThat(whyNot: (id: string) => string | undefined, pattern: string) {
  return z
    .string()
    .check((ctx) => {
      const reason = whyNot(ctx.value);
      if (reason !== undefined) {
        const text = quote(ctx.value);
        const toError = problem(
          ctx.value,
          (where, at) => new PawlError("PLAN_BAD_ID", { where, id: text, reason }, { at }),
        );
        ctx.issues.push(toError);
      }
    })
    .meta({ pattern });
}

/** The id of a task. */
export const taskId = idThat(whyNoId, idPattern);

/** The id of a workstream, which ends at the first dot in the ids of what belongs to it (machines/ids.ts). */
export const workstreamId = idThat(
  (id) => whyNoId(id) ?? (id.includes(".") ? "holds `.`, which comes between it and its tasks" : undefined),
  "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$",
);

/** A reference to something by its id; whether it exists is checked elsewhere. */
export const references = z.array(z.string()).check(uniqueEntries).meta({ uniqueItems: true });

/**
 * Timers of the platform hold 31 bits of milliseconds, and fire at once when given more. 24 days fit.
 */
const longestMs = parseDuration("24d");

/** A duration of the plan, in milliseconds. */
export function duration(leastMs: 0 | 1) {
  return z
    .string()
    .transform((text, ctx) => {
      const ms = quantity(text, parseDuration, ctx);
      if (ms < leastMs || ms > longestMs) {
        const expected = leastMs === 0 ? "at most 24d" : "more than 0s and at most 24d";
        const value = quote(text);
        ctx.issues.push(
          problem(text, (where, at) => new PawlError("PLAN_BAD_VALUE", { where, value, expected }, { at })),
        );
      }
      return ms;
    })
    .meta({ pattern: durationPattern });
}

/** A size of the plan, in bytes. */
export const size = z
  .string()
  .transform((text, ctx) => quantity(text, parseSize, ctx))
  .meta({ pattern: sizePattern });

/** Refuses what the parser refuses, with its error, and goes on with NaN. */
function quantity(text: string, parse: (text: string) => number, ctx: z.RefinementCtx): number {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof PawlError)) {
      throw error;
    }
    const code = parse === parseDuration ? "DURATION_INVALID" : "SIZE_INVALID";
    ctx.issues.push(problem(text, (_, at) => new PawlError(code, { value: quote(text) }, { at, cause: error })));
    return Number.NaN;
  }
}

/** Refuses a value that a check calls bad; `expected` completes "Write …". */
export function refuse(input: unknown, expected: string, path: (string | number)[] = []) {
  const value = quote(input);
  return problem(input, (where, at) => new PawlError("PLAN_BAD_VALUE", { where, value, expected }, { at }), path);
}

export function uniqueEntries(ctx: z.core.ParsePayload<string[]>): void {
  const seen = new Set<string>();
  for (const [index, entry] of ctx.value.entries()) {
    if (seen.has(entry)) {
      ctx.issues.push(refuse(entry, "each entry once", [index]));
    }
    seen.add(entry);
  }
}

/** Text for people: one line that no terminal takes for a command. */
export const label = z
  .string()
  .min(1)
  .max(200)
  .check((ctx) => {
    if (holdsControls(ctx.value) || /[\u2028\u2029]/.test(ctx.value)) {
      ctx.issues.push(refuse(ctx.value, "one line without control characters"));
    }
  });

/** A name that git resolves to a commit. It is an argument of git commands, so it must not look like an option. */
export const revision = z
  .string()
  .min(1)
  .max(255)
  .check((ctx) => {
    if (holdsControls(ctx.value) || /^-|\.\.|\s/.test(ctx.value)) {
      ctx.issues.push(refuse(ctx.value, "a branch, tag or commit, such as main or v1.2.0"));
    }
  });

const variablePattern = "^[A-Za-z_][A-Za-z0-9_]*$";

/** Those are set by Pawl itself. */
const reservedVariable = "PAWL_";

export const variable = z
  .string()
  .max(200)
  .check((ctx) => {
    if (!new RegExp(variablePattern).test(ctx.value)) {
      ctx.issues.push(refuse(ctx.value, "the name of an environment variable: letters, digits and `_`"));
    } else if (ctx.value.startsWith(reservedVariable)) {
      ctx.issues.push(refuse(ctx.value, "another name: those with `PAWL_` are set by Pawl itself"));
    }
  })
  .meta({ pattern: variablePattern.replace("^", `^(?!${reservedVariable})`) });

/** Text that an argument, an environment variable or a path of a system call can hold. */
export const text = z.string().check(holdable);

export function holdable(ctx: z.core.ParsePayload<string>): void {
  if (ctx.value.includes("\u0000")) {
    ctx.issues.push(refuse(ctx.value, "it without NUL characters"));
  }
  if (holdsHalfCharacters(ctx.value)) {
    ctx.issues.push(refuse(ctx.value, "it without the half of a character: both of its surrogates, or neither"));
  }
}

/** For editors, of text as which a number, or true or false, is taken before a plan is checked (takeTextAsTyped). */
export const asTyped = { type: ["string", "number", "boolean"] };

export const environment = z.record(variable, text.meta(asTyped)).meta({ examples: [{ NODE_ENV: "test" }] });

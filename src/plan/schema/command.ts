import * as z from "zod";
import { PawlError } from "../../base/errors/index.ts";
import { nearest } from "../../base/nearest.ts";
import type { Command } from "../plan.ts";
import { quote } from "../quote.ts";
import { problem } from "./problem.ts";
import { asTyped, holdable, refuse } from "./values.ts";

/**
 * What a whole argument of a command may stand for. Each is also an environment variable of the command
 * (`{prompt_file}` is `PAWL_PROMPT_FILE`), which is how a command that is text gets it.
 */
const placeholders = {
  worktree: "absolute path of the folder that the command works in",
  run: "id of the run",
  workstream: "id of the workstream",
  task: "id of the task, unique in its workstream",
  prompt: "the prompt of the task, as it is",
  prompt_file: "absolute path of a file that holds the prompt",
} as const;

export type Placeholder = keyof typeof placeholders;

/** Where a command stands in the plan decides what can be known when it runs. */
export const placeholdersOf = {
  setup: ["worktree", "run", "workstream"],
  gate: ["worktree", "run", "workstream"],
  task: ["worktree", "run", "workstream", "task"],
  tool: ["worktree", "run", "workstream", "task", "prompt", "prompt_file"],
} as const satisfies Record<string, readonly Placeholder[]>;

/** A command: text for `sh -c`, or a list of arguments that is executed as it is. */
export function command(place: keyof typeof placeholdersOf) {
  const known: readonly Placeholder[] = placeholdersOf[place];
  const shell = z
    .string()
    .meta({ ...asTyped, minLength: 1 })
    .check(holdable, (ctx) => {
      const used = known.find((name) => new RegExp(`(?<!\\$)\\{${name}\\}`).test(ctx.value));
      if (used !== undefined) {
        ctx.issues.push(
          badPlaceholder(
            ctx.value,
            `{${used}}`,
            "is not put into a command that is text",
            `Use ${variableOf(used)} in it, or write the command as a list.`,
          ),
        );
      }
      if (ctx.value.trim() === "") {
        ctx.issues.push(refuse(ctx.value, "a command"));
      }
    })
    .transform((value): Command => ({ kind: "shell", text: value }));
  const argument = z
    .string()
    .meta(asTyped)
    .check(holdable, (ctx) => {
      const found = /\{([a-z][a-z_]*)\}/.exec(ctx.value);
      const whole = found?.[0] === ctx.value;
      if (found !== null && whole && !known.includes(found[1] as Placeholder)) {
        ctx.issues.push(
          badPlaceholder(ctx.value, found[0], "is no placeholder that is known here", advice(found[1]!, known)),
        );
      }
      if (found !== null && !whole && Object.hasOwn(placeholders, found[1]!)) {
        const problemText = "is only part of an argument, and a placeholder stands for a whole one";
        ctx.issues.push(
          badPlaceholder(
            ctx.value,
            found[0],
            problemText,
            `Make it an argument of its own, or write the command as text with ${variableOf(found[1]!)} in it.`,
          ),
        );
      }
    });
  const exec = z
    .array(argument)
    .min(1)
    .check((ctx) => {
      if (ctx.value[0] === "" || ctx.value[0]?.startsWith("{") === true) {
        ctx.issues.push(refuse(ctx.value[0], "the program to run as the first argument", [0]));
      }
    })
    .transform((args): Command => ({ kind: "exec", args }));
  return z.union([shell, exec]);
}

function variableOf(name: string): string {
  return `"$PAWL_${name.toUpperCase()}"`;
}

function advice(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `Did you mean {${near}}? `;
  const list = known.map((each) => `{${each}}`).join(", ");
  return `${hint}Known here: ${list}. An argument that only looks like one belongs into a command that is text.`;
}

function badPlaceholder(input: unknown, placeholder: string, what: string, fix: string) {
  const shown = quote(placeholder).slice(1, -1);
  return problem(
    input,
    (where, at) => new PawlError("PLAN_PLACEHOLDER", { where, placeholder: shown, problem: what, advice: fix }, { at }),
  );
}

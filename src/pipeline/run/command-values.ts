import type { Environment, Placeholder } from "../../plan/index.ts";

/** What a command of a plan is told: by placeholders that are whole arguments, and as `PAWL_…` variables. */
export type CommandValues = Readonly<Partial<Record<Placeholder, string>>>;

/** Puts the values where a list has a placeholder as a whole argument. Text for a shell is never touched. */
export function withValues(command: string | readonly string[], values: CommandValues): string | readonly string[] {
  if (typeof command === "string") {
    return command;
  }
  return command.map((argument) => {
    const name = /^\{([a-z_]+)\}$/.exec(argument)?.[1];
    return (name !== undefined && Object.hasOwn(values, name) ? values[name as Placeholder] : undefined) ?? argument;
  });
}

/** `prompt_file` becomes `PAWL_PROMPT_FILE`. */
export function valueVariables(values: CommandValues): Environment {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[`PAWL_${name.toUpperCase()}`, value]],
    ),
  );
}

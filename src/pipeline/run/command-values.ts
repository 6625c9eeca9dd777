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

/** The most bytes that Linux takes as one variable, with its name and the NUL at its end. */
const longestVariable = 131_072;

/**
 * `prompt_file` becomes `PAWL_PROMPT_FILE`. A prompt that no variable can hold is left out for a command that names the
 * file; for any other it stays, and the system refuses to start what would go without it.
 */
export function valueVariables(values: CommandValues, command: string | readonly string[]): Environment {
  const namesFile = [command].flat().some((part) => /\{prompt_file\}|PAWL_PROMPT_FILE/.test(part));
  const isTooLong = Buffer.byteLength(`PAWL_PROMPT=${values.prompt ?? ""}\0`) > longestVariable;
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || (name === "prompt" && isTooLong && namesFile)
        ? []
        : [[`PAWL_${name.toUpperCase()}`, value]],
    ),
  );
}

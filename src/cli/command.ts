import type { Command } from "commander";
import type { CliContext } from "./context.ts";

/** A command of the command line: adds itself to the program, with its options and what it does. */
export interface CliCommand {
  define(program: Command, context: CliContext): void;
}

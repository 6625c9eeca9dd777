import { Command, CommanderError } from "commander";
import { PawlError } from "../base/errors/index.ts";
import { nearest } from "../base/nearest.ts";
import type { CliCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { describeError, exitStatusOf } from "./failure.ts";

/** One file a command; a file is loaded when its command is called, so that `pawl status` starts fast. */
const commands: Readonly<Record<string, () => Promise<{ readonly command: CliCommand }>>> = {
  cancel: () => import("./commands/cancel.ts"),
  events: () => import("./commands/events.ts"),
  graph: () => import("./commands/graph.ts"),
  logs: () => import("./commands/logs.ts"),
  merge: () => import("./commands/merge.ts"),
  override: () => import("./commands/override.ts"),
  paths: () => import("./commands/paths.ts"),
  resume: () => import("./commands/resume.ts"),
  run: () => import("./commands/run.ts"),
  schema: () => import("./commands/schema.ts"),
  show: () => import("./commands/show.ts"),
  status: () => import("./commands/status.ts"),
  validate: () => import("./commands/validate.ts"),
  verify: () => import("./commands/verify.ts"),
};

/**
 * Runs the command line. Never throws: what goes wrong is printed to stderr and becomes the exit status
 * (0 succeeded, 1 failed, 2 usage, 65 bad plan, 75 store in use, 130 interrupted).
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<void> {
  let program: Command | undefined;
  try {
    program = await programFor(args, context);
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === "commander.help")) {
      // Help and the version are printed already. Nobody asked for the help that `pawl` alone prints.
      context.exitStatus = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const named: unknown = program?.commands[0]?.opts()["state"];
    const state = typeof named === "string" ? named : undefined;
    const fault =
      error instanceof CommanderError
        ? usageError(error, calledCommand(args))
        : await storeFault(error, context, state);
    context.stderr.write(describeError(fault, args.includes("--json"), state));
    context.exitStatus = exitStatusOf(fault);
  }
}

/** What SQLite says of a store that it cannot read, whatever it was asked; any other error as it is. */
async function storeFault(error: unknown, context: CliContext, state: string | undefined): Promise<unknown> {
  if (!(error instanceof Error) || !String((error as NodeJS.ErrnoException).code).startsWith("SQLITE_")) {
    return error;
  }
  const [{ storeFailure }, { statePlace }] = await Promise.all([
    import("../store/sqlite/failures.ts"),
    import("./place.ts"),
  ]);
  return storeFailure(error, statePlace(context, state === undefined ? {} : { state }).database, "read");
}

/** What is called, or asked about with `help`: nothing when an option comes first, as in `pawl --help`. */
function calledCommand([first, second]: readonly string[]): string | undefined {
  const name = first === "help" ? second : first;
  return name === undefined || name.startsWith("-") || name === "help" ? undefined : name;
}

/** Commander says `error: unknown option '--jsn'`, and the nearest one in a second line. */
function usageError({ message }: CommanderError, command: string | undefined): PawlError {
  const detail = message.replace(/^error: /, "").replace(/\s+/g, " ");
  return new PawlError("CLI_USAGE", { detail, command: command === undefined ? "pawl" : `pawl ${command}` });
}

async function programFor(args: readonly string[], context: CliContext): Promise<Command> {
  const program = new Command("pawl")
    .description("Durable statecharts for software pipelines.")
    .version("0.1.0")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // It is thrown as well, and said as all other errors are.
      outputError: () => undefined,
    })
    .configureHelp({ sortOptions: true });
  const called = calledCommand(args);
  const wanted = called === undefined ? Object.keys(commands) : [called];
  for (const name of wanted) {
    // Own ones alone: every object has a "constructor" too.
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (load === undefined) {
      throw new PawlError("CLI_UNKNOWN_COMMAND", {
        command: name,
        nearest: nearest(name, Object.keys(commands)) ?? "none",
      });
    }
    (await load()).command.define(program, context);
  }
  return program;
}

import { isUtf8 } from "node:buffer";
import type { Database } from "better-sqlite3";
import { fixFor, PawlError } from "../../base/errors/index.ts";
import { readLog, screenText } from "../../pipeline/command/index.ts";
import { describeTask } from "../../pipeline/run/index.ts";
import { readStoredPlan } from "../../pipeline/state/index.ts";
import {
  blamedFor,
  commitsOf,
  type EntityDetail,
  eventsAfter,
  type FailedGate,
  failedGatesOf,
  failedGatesOfWorkstream,
  latestRun,
  type PatchOfTask,
  patchContent,
  patchesOf,
  processAtWork,
  type ShownEvent,
} from "../../views/runs/index.ts";
import type { CliCommand } from "../command.ts";
import { type CliContext, print, printJson, printLines } from "../context.ts";
import { namedEntity } from "../entity-name.ts";
import { logsOf } from "../log-place.ts";
import { openReader, type PlaceOptions, stateOption, statePlace } from "../place.ts";
import { eventLine } from "../show/event-line.ts";
import { inState } from "../show/in-state.ts";
import { oneLine } from "../show/one-line.ts";
import { printNext, wayOn } from "../show/way-on.ts";

const tailLines = 20;
/** A line may be all that a command printed. */
const tailCharacters = 4_000;
/** A prompt or an argument may be of any length. */
const doesCharacters = 500;
const hidden: ReadonlySet<string> = new Set(["content", "stdout", "stderr", "version"]);

export const command: CliCommand = {
  define(program, context) {
    program
      .command("show")
      .description("show all that is known of a run, workstream, task, gate or patch, and the way on")
      .argument("<entity>", "as status and events name it: harden-client-1, client, client.bump, client.bump~p1")
      .option("--run <run>", "the run; the last one when left out")
      .option(...stateOption)
      .option(
        "--patch",
        "of a patch: nothing but its content, as git apply takes it; with --json its encoding, utf8 or base64, too",
      )
      .option("--json", "one JSON object")
      .action(async (name: string, options: PlaceOptions & { run?: string; patch?: true; json?: true }) => {
        const state = statePlace(context, options);
        const db = openReader(state);
        try {
          const entity = namedEntity(db, state.folder, name, options.run);
          if (options.patch === true) {
            printPatch(context, entity.id, patchOf(db, entity.id, name), options.json === true);
            return;
          }
          const [run = "", id] = splitOnce(entity.id);
          const withoutRun = (row: string): string => row.slice(run.length + 1);
          // A command that names no run means the last one.
          const isOfLast = latestRun(db)?.run_id === run;
          const named = (row: string): string => (isOfLast ? withoutRun(row) : row);
          const events = [...eventsAfter(db, { entity: entity.id })];
          const stored = entity.entity_type === "task" ? readStoredPlan(db, run) : undefined;
          const does = stored === undefined || id === undefined ? undefined : describeTask(stored.plan, id);
          const last = logsOf(state, entity.id).at(-1);
          const { row } = entity;
          const [stdout, stderr] = await Promise.all([
            tailOf(last?.stdout, row["stdout"]),
            tailOf(last?.stderr, row["stderr"]),
          ]);
          const gates = failedGatesBelow(db, entity);
          const patches = entity.entity_type === "task" ? patchesOf(db, entity.id) : [];
          const steps = wayOn(entity, id === undefined ? run : named(entity.id), {
            hasLogs: last !== undefined,
            failedGates: gates.map(({ gate_id }) => ({
              id: named(gate_id),
              hasLogs: logsOf(state, gate_id).length > 0,
            })),
            blamed: blamedFor(db, entity).map(named),
            quarantined: patches.flatMap(({ ledger_id, state }) => (state === "quarantined" ? [named(ledger_id)] : [])),
            run,
            commits: entity.entity_type === "workstream" ? commitsOf(db, entity.id) : 0,
            isAtWork: processAtWork(db, context.clock.now()) !== null,
          });
          const next = steps.map((step) => inState(step, options.state));
          const way = fixOf(entity, events, last?.stderr ?? last?.stdout ?? undefined);
          const fix = way && inState(way, options.state);
          if (options.json === true) {
            printJson(context, { ...entity, does, fix, events, patches, stdout, stderr, gates, next });
            return;
          }
          const became = whatBecameOf(entity, patches, named);
          printEntity(context, entity, { does, became, fix }, events);
          printTail(context, "end of stdout", stdout);
          printTail(context, "end of stderr", stderr);
          for (const gate of gates) {
            printGate(context, gate, withoutRun(gate.gate_id));
          }
          printNext(context, next);
        } finally {
          db.close();
        }
      });
  },
};

function failedGatesBelow(db: Database, { entity_type, id }: EntityDetail): FailedGate[] {
  switch (entity_type) {
    case "task":
      return failedGatesOf(db, id);
    case "workstream":
      return failedGatesOfWorkstream(db, id);
    default:
      return [];
  }
}

function printGate(context: CliContext, gate: FailedGate, name: string): void {
  print(context, `gate ${name} failed`);
  print(context, `  does: ${commandLine(String(gate.command))}`);
  const { exit_code, signal, timeout_sec, duration_sec } = gate;
  const isTimedOut = exit_code === null && duration_sec !== null && duration_sec >= timeout_sec;
  print(context, `  exit code: ${exit_code ?? `none (${isTimedOut ? `timed out after ${timeout_sec} s` : signal})`}`);
  printTail(context, "end of its stdout", lastLines(gate.stdout ?? ""));
  printTail(context, "end of its stderr", lastLines(gate.stderr ?? ""));
}

function printEntity(
  context: CliContext,
  { entity_type, id, row }: EntityDetail,
  { does, became, fix }: { readonly does: string | undefined; became: readonly string[]; fix: string | undefined },
  events: readonly ShownEvent[],
): void {
  print(context, `${entity_type} ${id}: ${String(row["state"])}`);
  if (does !== undefined) {
    print(context, `  does: ${commandLine(does)}`);
  }
  const exit = events.findLast(({ metadata }) => exitCodeOf(metadata) !== undefined);
  if (exit !== undefined) {
    print(context, `  exit code: ${exitCodeOf(exit.metadata)}`);
  }
  printLines(
    context,
    became.map((patch) => `  patch: ${patch}`),
  );
  for (const [column, value] of Object.entries(row)) {
    if (
      value !== null &&
      value !== "" &&
      value !== "{}" &&
      value !== "[]" &&
      column !== "state" &&
      !hidden.has(column)
    ) {
      print(context, `  ${column}: ${oneLine(String(value))}`);
    }
  }
  if (fix !== undefined) {
    print(context, `  fix: ${oneLine(fix)}`);
  }
  print(context, "transitions");
  printLines(
    context,
    events.map((event) => `  ${eventLine(event)}`),
  );
}

/** The patches of a task. A program that did nothing may end with 0 as well, so of a completed one it is said too. */
function whatBecameOf(
  { entity_type, row }: EntityDetail,
  patches: readonly PatchOfTask[],
  named: (row: string) => string,
): string[] {
  if (patches.length === 0) {
    return entity_type === "task" && row["state"] === "completed" ? ["none"] : [];
  }
  return patches.map(({ ledger_id, state, commit_sha }) =>
    `${named(ledger_id)}, ${state} ${commit_sha ?? ""}`.trimEnd(),
  );
}

/** What is done, as far as a screen has room for it; with `--json` it is whole. */
function commandLine(does: string): string {
  const line = oneLine(does);
  const { length } = line;
  return length <= doesCharacters ? line : `${line.slice(0, doesCharacters)}… (${length} characters)`;
}

/** What to do about what went wrong, where that was an error of Pawl's table. */
function fixOf({ row }: EntityDetail, events: readonly ShownEvent[], log: string | undefined): string | undefined {
  const own = row["last_error"] ?? row["quarantine_reason"];
  // A run or workstream has no column for it, and no output of its own.
  return typeof own === "string"
    ? fixFor(own, { log: log ?? "it printed nothing" })
    : fixFor(events.findLast(({ from_state, to_state }) => from_state !== to_state)?.reason ?? "");
}

function exitCodeOf(metadata: unknown): unknown {
  const value =
    typeof metadata === "object" && metadata !== null ? (metadata as Record<string, unknown>)["exit_code"] : undefined;
  return value === null ? undefined : value;
}

function patchOf(db: Database, id: string, name: string): Buffer {
  const content = patchContent(db, id);
  if (content === undefined) {
    const detail = "it is no patch; pawl events names those of a task, such as client.bump~p1";
    throw new PawlError("CLI_BAD_OPTION", { option: "--patch", value: name, detail, command: "show" });
  }
  return content;
}

/** Byte by byte, but on a terminal, which it might steer; as JSON, in base64 where text cannot say all its bytes. */
function printPatch(context: CliContext, id: string, content: Buffer, json: boolean): void {
  if (json) {
    const encoding = isUtf8(content) ? "utf8" : "base64";
    printJson(context, { id, encoding, content: content.toString(encoding) });
    return;
  }
  context.stdout.write(context.stdout.isTTY === true ? screenText(content) : content);
}

function printTail(context: CliContext, title: string, text: string): void {
  if (text !== "") {
    print(context, title);
    printLines(
      context,
      text.split("\n").map((line) => `  | ${line}`),
    );
  }
}

/** @param recorded what the row of a gate has: why it could not be started is in no file */
async function tailOf(file: string | null | undefined, recorded: unknown): Promise<string> {
  if (file === null || file === undefined) {
    return typeof recorded === "string" ? lastLines(recorded) : "";
  }
  return lastLines(await readLog(file));
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split("\n").slice(-tailLines).join("\n");
  return lines.length <= tailCharacters ? lines : `…${[...lines].slice(-tailCharacters).join("")}`;
}

function splitOnce(id: string): [string, string | undefined] {
  const cut = id.indexOf("/");
  return cut < 0 ? [id, undefined] : [id.slice(0, cut), id.slice(cut + 1)];
}

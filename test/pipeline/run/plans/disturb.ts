import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Database } from "../../../../src/store/sqlite/driver.ts";
import { type Printed, printedBy } from "../../../printed.fixture.ts";
import type { Place } from "./place.ts";
import type { Disturbance } from "./random-plan.ts";

/** The compiled program. */
const program = fileURLToPath(new URL("../../../../dist/bin/pawl.js", import.meta.url));
/** Longer takes no random plan, on any machine. */
const longestMs = 300_000;
const ends = ["succeeded", "failed", "canceled"];

export interface Ended extends Printed {
  readonly args: readonly string[];
}

/** What happened to a run. */
export interface Story {
  readonly all: readonly Ended[];
  readonly faults: readonly string[];
  readonly stops: number;
  readonly wasCancelAccepted: boolean;
}

function start(place: Place, ...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const env = { ...process.env, PLANS: place.folder };
  const child = spawn(process.execPath, [program, ...args], { cwd: place.repository, env, timeout: longestMs });
  return { child, ended: printedBy(child).then((printed) => ({ args, ...printed })) };
}

export const pawl = (place: Place, ...args: string[]): Promise<Ended> => start(place, ...args).ended;

/** Processes that were started in this place, Pawl's own among them. */
function processesOf(place: Place): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const read = (name: string): string[] => readFileSync(join("/proc", pid, name), "utf8").split("\0");
      return read("environ").includes(`PLANS=${place.folder}`) ? [`${pid} ${read("cmdline").join(" ")}`] : [];
    } catch {
      return [];
    }
  });
}

/** What still runs after a moment, in which what was told to end may do so. */
async function leftRunning(place: Place): Promise<string[]> {
  for (let n = 0; n < 100 && processesOf(place).length > 0; n += 1) {
    await wait(20);
  }
  return processesOf(place).map((found) => `left running: ${found}`);
}

function runsOf(place: Place): { readonly run_id: string; readonly state: string }[] {
  const file = join(place.repository, ".state", "pipeline.db");
  if (!existsSync(file)) {
    return [];
  }
  const db = new Database(file, { readonly: true });
  try {
    const isMade = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'runs'").get() !== undefined;
    return isMade ? (db.prepare("SELECT run_id, state FROM runs").all() as { run_id: string; state: string }[]) : [];
  } finally {
    db.close();
  }
}

/** An earlier run of the same plan is killed, and cancelled then. */
export async function killEarlierRun(place: Place, afterMs: number): Promise<string[]> {
  const { child, ended } = start(place, "run", "../plan.json");
  await Promise.race([wait(afterMs), ended]);
  child.kill("SIGKILL");
  await ended;
  const faults: string[] = [];
  if (runsOf(place).some(({ state }) => !ends.includes(state))) {
    const { status, stderr } = await pawl(place, "cancel");
    faults.push(...(status === 0 ? [] : [`cancel of the earlier run: ${status} ${stderr}`]));
    faults.push(...(await leftRunning(place)));
  }
  place.run = `f-${runsOf(place).length + 1}`;
  rmSync(join(place.folder, "trace"), { force: true });
  return faults;
}

const signals = { kill: "SIGKILL", interrupt: "SIGINT", interrupt_twice: "SIGINT", terminate: "SIGTERM" } as const;

/** Runs the plan to its end, through all that happens to it. */
export async function live(place: Place, disturbances: readonly Disturbance[]): Promise<Story> {
  const all: Ended[] = [];
  const faults: string[] = [];
  let stops = 0;
  let wasCancelAccepted = false;
  const state = (): string => runsOf(place).find(({ run_id }) => run_id === place.run)?.state ?? "none";
  const isOver = (): boolean => ends.includes(state());
  const goOn = (): string[] => (state() === "none" ? ["run", "../plan.json", "--json"] : ["resume", "--json"]);
  const note = (ended: Ended, ...allowed: (number | null)[]): void => {
    all.push(ended);
    if (!allowed.includes(ended.status) || /INTERNAL/.test(ended.stderr)) {
      faults.push(`pawl ${ended.args.join(" ")} ended with ${ended.status}: ${ended.stderr}`);
    }
  };

  for (const { what, afterMs } of disturbances) {
    if (isOver()) {
      break;
    }
    const { child, ended } = start(place, ...goOn());
    await Promise.race([wait(afterMs), ended]);
    if (what === "cancel") {
      const asked = await pawl(place, "cancel", "--operator", "ines", "--reason", "enough");
      // There may be no run yet (2), or none any more; or one that is just being opened (75).
      note(asked, 0, 2, 75);
      wasCancelAccepted = asked.status === 0;
      note(await ended, 0, 1, 75);
    } else if (what === "second_resume") {
      note(await pawl(place, "resume", "--json"), 0, 1, 2, 75);
      note(await ended, 0, 1, 2, 75);
    } else {
      stops += 1;
      child.kill(signals[what]);
      if (what === "interrupt_twice") {
        await Promise.race([wait(afterMs % 60), ended]);
        child.kill("SIGINT");
      }
      // Node itself ends at a signal before Pawl has begun, and once its work is over.
      note(await ended, null, 0, 1, ...(what === "kill" ? [] : [130]));
      if (all.at(-1)?.status === 130) {
        faults.push(...(await leftRunning(place)));
      }
    }
  }
  for (let n = 0; n < 3 && !isOver(); n += 1) {
    note(await pawl(place, ...goOn()), 0, 1);
  }
  faults.push(...(isOver() ? [] : ["it does not come to an end"]), ...(await leftRunning(place)));
  return { all, faults, stops, wasCancelAccepted };
}

import { readFileSync } from "node:fs";
import { parseProcStat } from "../../base/proc-stat.ts";
import { markerVariable } from "./process-info.ts";
import { readSmallFile } from "./small-file.ts";

/** On a busy machine a process may stand still in the middle for long; one that takes longer waits for a broken disk. */
const longestExecMs = 1000;
/** Most reads that fail fall into the microseconds of an exec; only what lasts is waited for. */
const readsWithoutPause = 10;

/**
 * The marker in the environment that a process was started with. A process that is just becoming another program shows
 * an empty environment or a part of one, so one without a marker counts only if it is whole.
 */
export function markerOf(pid: number): string | undefined {
  const until = performance.now() + longestExecMs;
  for (let reads = 1; ; reads += 1) {
    const environment = readEnvironment(pid);
    const marker = environment === undefined ? undefined : markerIn(environment);
    if (environment === undefined || marker !== undefined || isWhole(environment, pid) || performance.now() > until) {
      return marker;
    }
    if (reads >= readsWithoutPause) {
      pauseMs(1);
    }
  }
}

/** One byte a character; undefined if the process is gone or of another user. */
function readEnvironment(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return undefined;
  }
}

function markerIn(environment: string): string | undefined {
  const name = `\0${markerVariable}=`;
  const text = `\0${environment}`;
  const at = text.indexOf(name);
  const end = at < 0 ? -1 : text.indexOf("\0", at + 1);
  return end < 0 ? undefined : Buffer.from(text.slice(at + name.length, end), "latin1").toString("utf8");
}

/** Whether this is all that the process has, which has none if it is a thread of the kernel or about to end. */
function isWhole(environment: string, pid: number): boolean {
  const memory = memoryOf(pid);
  return (
    memory === undefined ||
    memory.size === 0 ||
    (memory.environment === null ? !tellsLength() : environment.length === memory.environment)
  );
}

/** Bytes; the environment is null while it is not yet laid out, or where the system does not tell. */
function memoryOf(pid: number | "self"): { readonly size: number; readonly environment: number | null } | undefined {
  const text = readSmallFile(`/proc/${pid}/stat`);
  const stat = text === undefined ? undefined : parseProcStat(text);
  if (stat === undefined || stat.isDead) {
    return undefined;
  }
  const field = (number: number): number => Number(stat.field(number));
  // The start of its code is written after all that is laid out before it.
  return { size: field(23), environment: field(26) > 1 && field(51) > 0 ? field(51) - field(50) : null };
}

let told: boolean | undefined;

/** A `/proc` that is not Linux's own may have zeros there, of every process. */
function tellsLength(): boolean {
  told ??= (memoryOf("self")?.environment ?? null) !== null;
  return told;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Waits in place: an answer of this room is of one moment. */
function pauseMs(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}

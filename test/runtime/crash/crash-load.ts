import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSqliteReader } from "../../../src/store/sqlite/open.ts";
import { printedBy, says } from "../../printed.fixture.ts";

const program = fileURLToPath(new URL("load.fixture.mjs", import.meta.url));

export interface Load {
  readonly jobs: number;
  readonly rounds: number;
  readonly seed: number;
}

export const dbOf = (folder: string): string => join(folder, "load.db");
export const linesOf = (folder: string): string => join(folder, "transitions.jsonl");

/**
 * Starts the load once. With `kill` it is killed so many milliseconds after it started, or after it opened its store.
 * @returns whether it came to its end
 */
export async function startLoad(
  folder: string,
  { jobs, rounds, seed }: Load,
  kill?: { readonly ms: number; readonly after: "start" | "open" },
): Promise<boolean> {
  const child = spawn(process.execPath, [program, folder, ...[jobs, rounds, seed].map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let timer: NodeJS.Timeout | undefined;
  const killSoon = (): void => {
    timer ??= setTimeout(() => child.kill("SIGKILL"), kill?.ms ?? 0);
  };
  const ended = printedBy(child);
  if (kill?.after === "start") {
    killSoon();
  } else if (kill !== undefined) {
    // Where it never does, what is said below tells why.
    void says(child, /open\n/).then(killSoon, () => undefined);
  }
  const { status, stdout, stderr } = await ended;
  clearTimeout(timer);
  if (child.signalCode !== "SIGKILL" && (status !== 0 || !stdout.includes("done\n"))) {
    throw new Error(`the load ended with ${status ?? child.signalCode}: ${stderr}`);
  }
  return child.signalCode === null;
}

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Kills the load so many times, then lets it come to its end. @returns how often it was killed before its end */
export async function crashLoad(folder: string, load: Load, kills: number): Promise<number> {
  const random = seeded(load.seed);
  for (let killed = 0; killed < kills; killed += 1) {
    const after = random() < 0.15 ? "start" : "open";
    const ms = random() * (after === "start" ? 250 : 120);
    if (await startLoad(folder, load, { ms, after })) {
      return killed;
    }
  }
  await startLoad(folder, load);
  return kills;
}

/** What is left of a load, in a form that does not depend on when things happened. */
export interface Remains {
  /** State of each actor by id, the newest where an id came more than once. */
  readonly states: Readonly<Record<string, string>>;
  /** Transitions of each entity in their order: `idle>working by WORK`. */
  readonly log: Readonly<Record<string, readonly string[]>>;
  /** Rounds that each job took, and how often its child was told. */
  readonly seen: Readonly<Record<string, unknown>>;
}

interface JobSnapshot {
  readonly context: { readonly seen: readonly number[]; readonly results: readonly string[]; readonly bumps: number };
}

interface ActorLine {
  readonly id: string;
  readonly machine: string;
  readonly state: string;
  readonly snapshot: string;
}

export function remainsOf(folder: string): Remains {
  const db = openSqliteReader(dbOf(folder));
  try {
    const states: Record<string, string> = {};
    const seen: Record<string, unknown> = {};
    for (const row of db.prepare<[], ActorLine>("SELECT id, machine, state, snapshot FROM actors ORDER BY no").all()) {
      states[row.id] = row.state;
      const { context } = JSON.parse(row.snapshot) as JobSnapshot;
      if (row.machine !== "" && context !== undefined) {
        seen[row.id] = context.seen ?? context.bumps;
      }
    }
    const log: Record<string, string[]> = {};
    const audits = db.prepare<[], { id: string; step: string }>(
      `SELECT entity_id AS id, from_state || '>' || to_state || ' by ' || trigger AS step
        FROM state_transitions ORDER BY transition_id`,
    );
    for (const { id, step } of audits.all()) {
      log[id] = [...(log[id] ?? []), step];
    }
    return { states, log, seen };
  } finally {
    db.close();
  }
}

/** What was acknowledged and does not hold, in words; nothing when all is well. */
export function brokenPromises(folder: string): string[] {
  const db = openSqliteReader(dbOf(folder));
  const broken: string[] = [];
  try {
    const jobs = new Map(
      db
        .prepare<[], ActorLine>("SELECT id, machine, state, snapshot FROM actors WHERE machine = 'job'")
        .all()
        .map(({ id, snapshot }) => [id, (JSON.parse(snapshot) as JobSnapshot).context]),
    );
    const recorded = new Set<string>();
    for (const line of readFileSync(join(folder, "acks.txt"), "utf8").trimEnd().split("\n")) {
      const [kind, id = "", round = "", value = ""] = line.split(" ");
      const job = jobs.get(id);
      if (kind === "D" && job?.seen[Number(round) - 1] !== Number(round)) {
        broken.push(`lost: ${line}`);
      }
      if (kind === "E") {
        recorded.add(`${id} ${round}`);
        if (job?.results[Number(round) - 1] !== value) {
          broken.push(`result lost: ${line}, the store has ${job?.results[Number(round) - 1]}`);
        }
      }
      if (kind === "B" && recorded.has(`${id} ${round}`)) {
        broken.push(`begun again when its result was known: ${line}`);
      }
    }
    const open = db.prepare<[], { key: string }>("SELECT effect_key AS key FROM effects WHERE status = 'requested'");
    return [...broken, ...open.all().map(({ key }) => `asked for and never settled: ${key}`)];
  } finally {
    db.close();
  }
}

/** Transitions a second: of the bare database, of plain XState, of durable actors. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { createActor } from "xstate";
import { Database } from "../../src/store/sqlite/driver.ts";
import { openRuntime } from "./compiled.ts";
import { toggle } from "./machines.ts";
import { inFolder, perSecond } from "./measure.ts";

const transitions = 50_000;
const groupSize = 1_000;
const warmUp = 15_000;

export function plainXState(): number {
  const actor = createActor(toggle).start();
  const start = performance.now();
  for (let i = 0; i < transitions; i += 1) {
    actor.send({ type: "flip" });
  }
  return perSecond(transitions, performance.now() - start);
}

export interface Pawl {
  readonly perSec: number;
  readonly bytesPerTransition: number;
}

/** A turn of the event loop for each group; what was sent is durable when the clock stops. */
export function pawlActors(actors: number): Promise<Pawl> {
  return inFolder(async (folder) => {
    const file = join(folder, "bench.db");
    const runtime = await openRuntime({ file, machines: { toggle } });
    const all = Array.from({ length: actors }, (_, i) => runtime.createActor("toggle", { id: `t${i}` }));
    const flip = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        all[i % actors]?.send({ type: "flip" });
        if (i % groupSize === groupSize - 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await runtime.settled();
    };
    // The writer's thread starts, and its code is compiled, once in the life of a process: within these.
    await flip(warmUp);
    const start = performance.now();
    await flip(transitions);
    const perSec = perSecond(transitions, performance.now() - start);
    await runtime.close();
    return { perSec, bytesPerTransition: statSync(file).size / (warmUp + transitions) };
  });
}

/** The rows that one Pawl run left, written again by the database alone, in groups of the same size. */
export function bareLimit(): Promise<number> {
  return inFolder(async (folder) => {
    const source = join(folder, "source.db");
    const runtime = await openRuntime({ file: source, machines: { toggle } });
    const actor = runtime.createActor("toggle", { id: "t0" });
    for (let i = 0; i < transitions; i += 1) {
      actor.send({ type: "flip" });
      if (i % groupSize === groupSize - 1) {
        await runtime.settled();
      }
    }
    await runtime.close();

    const from = new Database(source, { readonly: true });
    const schema = from.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").pluck().all() as string[];
    const rows = (table: string, order: string) => from.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).raw().all();
    const audits = rows("state_transitions", "transition_id") as unknown[][];
    const pages = rows("journal_pages", "first_seq") as [firstSeq: number, ...rest: unknown[]][];
    const actors = rows("actors", "no") as unknown[][];
    const commits = rows("commits", "commit_no") as [
      no: number,
      at: number,
      fence: number,
      first: number,
      last: number,
    ][];
    const types = rows("entity_types", "name") as unknown[][];
    from.close();

    const db = new Database(join(folder, "bare.db"));
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("cache_size = -16000");
    for (const sql of schema) {
      db.exec(sql);
    }
    const insert = (table: string, sample: unknown[] | undefined) =>
      db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (${(sample ?? []).map(() => "?").join()})`);
    insert("entity_types", types[0]).run(...(types[0] ?? []));
    const pagesOf = commits.map(([, , , first, last]) => pages.filter(([seq]) => seq >= first && seq <= last));
    const [audit, page, row, commit] = [
      insert("state_transitions", audits[0]),
      insert("journal_pages", pages[0]),
      insert("actors", actors[0]),
      insert("commits", commits[0]),
    ];
    const start = performance.now();
    for (let group = 0; group * groupSize < audits.length; group += 1) {
      db.transaction(() => {
        for (let i = group * groupSize; i < Math.min((group + 1) * groupSize, audits.length); i += 1) {
          audit.run(...(audits[i] ?? []));
        }
        for (const values of pagesOf[group] ?? []) {
          page.run(...values);
        }
        row.run(...(actors[0] ?? []));
        commit.run(...(commits[group] ?? []));
      }).immediate();
    }
    const perSec = perSecond(audits.length, performance.now() - start);
    db.close();
    return perSec;
  });
}

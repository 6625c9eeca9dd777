import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { ActorColumns, ActorPast } from "./actors.ts";
import type { CommitTimes } from "./commit-times.ts";
import type { Faults } from "./fault.ts";

/** Of a row that is written once. */
interface MadeColumns {
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

interface PatchColumns extends MadeColumns {
  readonly task_id: string;
  readonly content_hash: string;
  readonly content: Uint8Array;
  readonly format: string;
  readonly metadata: string;
}

interface PlanColumns extends MadeColumns {
  readonly base: string;
  readonly plan: string;
}

/** Compares what is stored beside the actors, patches and plans, with the hashes that the journal has of it. */
export class Contents {
  readonly #db: Database;
  readonly #faults: Faults;
  readonly #times: CommitTimes;
  readonly #patch;
  readonly #plan;
  readonly #made;

  constructor(db: Database, faults: Faults, times: CommitTimes) {
    this.#db = db;
    this.#faults = faults;
    this.#times = times;
    this.#patch = db.prepare<[string], PatchColumns>("SELECT * FROM patches WHERE patch_id = ?");
    // Only a pipeline keeps plans.
    const hasPlans = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'stored_plans'").get() !== undefined;
    this.#plan = hasPlans
      ? db.prepare<[string], PlanColumns>("SELECT * FROM stored_plans WHERE run_id = ?")
      : undefined;
    this.#made = db
      .prepare<[number, number], string>("SELECT event FROM journal WHERE actor_no = ? AND seq = ?")
      .pluck();
  }

  /** Before the first actor. */
  begin(): void {
    const sql =
      "SELECT patch_id FROM patches WHERE patch_id NOT IN (SELECT patch_id FROM patch_ledger_entries) LIMIT 1";
    const id = this.#db.prepare<[], string>(sql).pluck().get();
    if (id !== undefined) {
      this.#faults.add("content", "patches", id, "no ledger entry is of it");
    }
  }

  take(actor: ActorColumns, past: ActorPast): void {
    const { now, firstSeq } = past;
    if (actor.machine === "patch_ledger") {
      const { run_id, patch_id, task_id, content_hash } = (now.context ?? {}) as Readonly<Record<string, unknown>>;
      this.#takePatch(
        `${String(run_id)}/${String(patch_id)}`,
        `${String(run_id)}/${String(task_id)}`,
        content_hash,
        past,
      );
    } else if (actor.machine === "run") {
      this.#takePlan(actor.id, this.#made.get(actor.no, firstSeq), past);
    }
  }

  #takePatch(id: string, task: string, hash: unknown, past: ActorPast): void {
    const patch = this.#patch.get(id);
    const fault = (detail: string): void => this.#faults.add("content", "patches", id, detail);
    if (patch === undefined) {
      fault("there is no such row");
    } else if (sha256(patch.content) !== patch.content_hash) {
      fault("its content is not what its hash says");
    } else if (typeof hash === "string" && hash !== patch.content_hash) {
      fault("its hash is not the one that its ledger entry has");
    } else if (patch.task_id !== task) {
      fault(`it is of ${patch.task_id}, its ledger entry is of ${task}`);
    } else if (!formats.has(patch.format) || patch.metadata !== "{}" || patch.version !== 1) {
      fault("its format, metadata or version is none that a patch can have");
    } else if (!this.#isMadeWith(patch, past)) {
      fault("it was not made when its ledger entry was");
    }
  }

  #isMadeWith({ created_at, updated_at }: MadeColumns, { firstAt, firstSeq }: ActorPast): boolean {
    const isLater = created_at >= new Date(firstAt).toISOString();
    return updated_at === created_at && isLater && Date.parse(created_at) <= this.#times.of(firstSeq);
  }

  #takePlan(run: string, made: string | undefined, past: ActorPast): void {
    const row = this.#plan?.get(run);
    const { input } = JSON.parse(made ?? "{}") as { readonly input?: { readonly plan_sha256?: unknown } };
    const hash = input?.plan_sha256;
    if (hash !== undefined && (row === undefined || sha256(`${row.base}\n${row.plan}`) !== hash)) {
      this.#faults.add("content", "stored_plans", run, "it is not the plan that the run was begun with");
    } else if (row !== undefined && (row.version !== 1 || !this.#isMadeWith(row, past))) {
      this.#faults.add("content", "stored_plans", run, "it was not made when the run was, or written again");
    }
  }
}

const formats: ReadonlySet<string> = new Set(["git_diff", "format_patch"]);

const sha256 = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex");

import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { isMail } from "../git/index.ts";

/** A patch as it is put into the store with its ledger entry. */
export interface StoredPatch {
  readonly format: "git_diff" | "format_patch";
  readonly content: Uint8Array;
  readonly sha256: string;
}

/**
 * Contents of patches by the ids of their rows. A new one is held in memory until the transition that makes its ledger
 * entry is written, and comes from the store afterwards.
 */
export class Patches {
  readonly #held = new Map<string, StoredPatch>();
  readonly #reader: Database;

  constructor(reader: Database) {
    this.#reader = reader;
  }

  hold(id: string, content: Uint8Array): StoredPatch {
    const patch: StoredPatch = {
      format: isMail(content) ? "format_patch" : "git_diff",
      content,
      sha256: createHash("sha256").update(content).digest("hex"),
    };
    this.#held.set(id, patch);
    return patch;
  }

  held(id: string): StoredPatch | undefined {
    return this.#held.get(id);
  }

  /** The patch is at its end: its content is not needed in memory any more. */
  release(id: string): void {
    this.#held.delete(id);
  }

  /** @throws Error when there is no such patch */
  content(id: string): Buffer {
    const held = this.#held.get(id);
    if (held !== undefined) {
      const { buffer, byteOffset, byteLength } = held.content;
      return Buffer.from(buffer, byteOffset, byteLength);
    }
    const found = this.#reader.prepare("SELECT content FROM patches WHERE patch_id = ?").pluck().get(id);
    if (!Buffer.isBuffer(found)) {
      throw new Error(`patch ${id} is not in the store`);
    }
    return found;
  }

  /** Whether a patch has ended without being committed. */
  hasEndedUncommitted(id: string): boolean {
    const state = this.#reader.prepare("SELECT state FROM patch_ledger_entries WHERE ledger_id = ?").pluck().get(id);
    return state === "dropped" || state === "quarantined";
  }

  /** The last commit that is recorded of a workstream, or null. */
  lastCommitOf(workstream: string): string | null {
    const found = this.#reader
      .prepare(
        `SELECT commit_sha FROM patch_ledger_entries JOIN state_transitions ON entity_id = ledger_id
         WHERE workstream_id = ? AND to_state = 'committed' ORDER BY transition_id DESC LIMIT 1`,
      )
      .pluck()
      .get(workstream) as string | undefined;
    return found ?? null;
  }

  /** How many patches a task has made. */
  countOf(task: string): number {
    return this.#reader.prepare("SELECT count(*) FROM patches WHERE task_id = ?").pluck().get(task) as number;
  }
}

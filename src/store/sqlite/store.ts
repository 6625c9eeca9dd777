import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import {
  type AuditRow,
  type EffectRow,
  longestRootId,
  type Store,
  type StoredAuditRow,
  type TimerRow,
} from "../port.ts";
import { actorColumns, actorRow, listActors, type RawActorRow } from "./actor-rows.ts";
import type { Claim } from "./claim.ts";
import { type ChainHeads, readHeads } from "./commit.ts";
import { storeFailure } from "./failures.ts";
import { journalOf, journalSinceWhole } from "./journal-rows.ts";
import type { Place } from "./place.ts";
import type { WriteFailure, Writer } from "./writer.ts";

const effectColumns = `e.actor_no AS actorNo, e.effect_key AS key, e.attempt, e.failures, e.status,
  e.requested_at AS requestedAt, e.lease_until AS leaseUntil`;

type RawAuditRow = Omit<StoredAuditRow, "metadata" | "context" | "evidence"> & {
  readonly metadata: string;
  readonly context: string;
  readonly evidence: string | null;
};

function auditRow(raw: RawAuditRow): StoredAuditRow {
  return {
    ...raw,
    metadata: JSON.parse(raw.metadata) as StoredAuditRow["metadata"],
    context: JSON.parse(raw.context) as StoredAuditRow["context"],
    evidence: raw.evidence === null ? null : (JSON.parse(raw.evidence) as StoredAuditRow["evidence"]),
  };
}

export interface StoreParts {
  readonly db: Database;
  readonly file: string;
  readonly place: Place;
  readonly claim: Claim;
  readonly writer: Writer;
  readonly storeId: string;
}

// What is below a root that failed may go on, as in XState; what is below one that is done has ended with it.
const notEnded = "'active', 'error'";

/** The store's port on an open, claimed SQLite file. */
export function sqliteStore({ db, file, place, claim, writer, storeId }: StoreParts): Store {
  const listeners = new Set<(audits: readonly StoredAuditRow[]) => void>();
  let head: Pick<ChainHeads, "transitionId" | "audit"> = readHeads(db);
  const liveById = db.prepare<[string], RawActorRow>(`SELECT ${actorColumns} FROM actors WHERE id = ? AND live = 1`);
  const newestBelow = db.prepare<[string, string, string], RawActorRow>(
    `WITH roots(root) AS (
      SELECT r.no FROM json_each(?) n CROSS JOIN actors r ON r.id = n.value WHERE r.parent_no IS NULL AND r.live = 1
      UNION ALL
      SELECT r.no FROM json_each(?) n CROSS JOIN actors r ON r.id = n.value WHERE r.parent_no IS NULL AND r.live = 0
    ) SELECT ${actorColumns} FROM roots CROSS JOIN actors ON root_no = root WHERE id = ? ORDER BY no DESC LIMIT 1`,
  );
  const newestOf = (id: string): RawActorRow | undefined => {
    const roots = JSON.stringify(rootsOf(id));
    return newestBelow.get(roots, roots, id);
  };
  const tree = db.prepare<[number], RawActorRow>(
    `SELECT ${actorColumns} FROM actors WHERE root_no = ? AND live = 1 ORDER BY no`,
  );
  const byNo = db.prepare<[number], RawActorRow>(`SELECT ${actorColumns} FROM actors WHERE no = ?`);
  // CROSS JOIN is read from left to right: the actors that are asked for are few, the effects of all are not.
  const openEffects = db.prepare<[string], EffectRow>(
    `SELECT ${effectColumns} FROM json_each(?) n CROSS JOIN effects e ON e.actor_no = n.value
      WHERE e.status = 'requested'`,
  );
  const delivered = db.prepare("SELECT 1 FROM deliveries WHERE actor_no = ? AND idempotency_key = ?").pluck();
  // A commit in which no actor took anything has no last row, and max() would read all there ever were.
  const lastSeq =
    "SELECT last_seq FROM commits WHERE commit_no <= (SELECT max(commit_no) FROM commits) AND last_seq > 0 " +
    "ORDER BY commit_no DESC LIMIT 1";
  const number = (sql: string): number => (db.prepare(sql).pluck().get() as number | null) ?? 0;

  const reading =
    <A extends unknown[], R>(read: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return read(...args);
      } catch (error) {
        throw storeFailure(error, file, "read");
      }
    };

  return {
    storeId,
    counters: reading(() => ({
      nextActorNo: number("SELECT max(no) FROM actors") + 1,
      nextSeq: number(lastSeq) + 1,
      nextTimerSeq: number("SELECT max(seq) FROM timers") + 1,
      lastCommitAt: number("SELECT at FROM commits ORDER BY commit_no DESC LIMIT 1"),
    })),
    commit: (commit, ended) => {
      writer.write(commit, (outcome) => {
        if ("failure" in outcome) {
          claim.letRunOut();
          ended(failureOf(outcome.failure, file, claim.fence));
          return;
        }
        const { hashes } = outcome;
        const stored = listeners.size === 0 ? [] : storedAudits(commit.audits, hashes, head);
        head = { transitionId: head.transitionId + hashes.length, audit: hashes.at(-1) ?? head.audit };
        try {
          for (const listener of listeners) {
            listener(stored);
          }
        } catch (error) {
          // It is durable; whoever follows the store has to be brought up to it by the next start.
          ended(storeFailure(error, file, "followed"));
          return;
        }
        ended(undefined);
      });
    },
    settle: () => writer.settle(),
    onCommitted: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    auditsAfter: reading((transitionId, limit) =>
      db
        .prepare<[number, number], RawAuditRow>(
          "SELECT * FROM state_transitions WHERE transition_id > ? ORDER BY transition_id LIMIT ?",
        )
        .all(transitionId, limit)
        .map(auditRow),
    ),
    loadTree: reading((rootNo) => tree.all(rootNo).map(actorRow)),
    // A root with a slash in its id may be in the way of a child elsewhere, which only those in memory are asked for.
    loadRunning: reading((restful) =>
      db
        .prepare<[string], RawActorRow>(
          `SELECT ${actorColumns} FROM actors WHERE live = 1 AND root_no IN (
            SELECT r.no FROM actors r WHERE r.parent_no IS NULL AND r.live = 1 AND r.asleep = 0
              AND r.status IN (${notEnded}) AND NOT (
              json_array(r.src, r.version, r.fingerprint) IN (SELECT value FROM json_each(?))
              AND instr(r.id, '/') = 0
              AND NOT EXISTS (SELECT 1 FROM actors c WHERE c.parent_no = r.no AND c.live = 1)
            )) ORDER BY no`,
        )
        .all(JSON.stringify(restful.map(({ src, version, fingerprint }) => [src, version, fingerprint])))
        .map(actorRow),
    ),
    loadAsleep: reading((known) =>
      db
        .prepare<[string], RawActorRow>(
          `SELECT ${actorColumns} FROM actors WHERE live = 1 AND root_no IN (
            SELECT a.root_no FROM actors r CROSS JOIN actors a ON a.root_no = r.no
              WHERE r.parent_no IS NULL AND r.live = 1 AND r.asleep = 1 AND r.status IN (${notEnded})
                AND a.live = 1 AND a.fingerprint <> ''
                AND json_array(a.version, a.fingerprint) NOT IN (SELECT value FROM json_each(?))
            ) ORDER BY no`,
        )
        .all(JSON.stringify(known.map(({ version, fingerprint }) => [version, fingerprint])))
        .map(actorRow),
    ),
    loadTimers: reading(() =>
      db
        .prepare<[], TimerRow>(
          "SELECT actor_no AS actorNo, id, target_no AS targetNo, event, seq, due_at AS dueAt FROM timers ORDER BY due_at, seq",
        )
        .all(),
    ),
    loadEffects: reading((actorNos) => openEffects.all(JSON.stringify(actorNos))),
    liveActor: reading((id) => {
      const raw = typeof id === "string" ? liveById.get(id) : undefined;
      return raw === undefined ? undefined : actorRow(raw);
    }),
    actorById: reading((id) => {
      // SQLite takes the number 42 for the text "42".
      const raw = typeof id === "string" ? (liveById.get(id) ?? newestOf(id)) : undefined;
      return raw === undefined ? undefined : actorRow(raw);
    }),
    actorByNo: reading((no) => {
      const raw = byNo.get(no);
      return raw === undefined ? undefined : actorRow(raw);
    }),
    subtree: reading((no) =>
      db
        .prepare<[number], RawActorRow>(
          `WITH RECURSIVE below(no) AS (VALUES (?) UNION ALL SELECT a.no FROM actors a JOIN below b ON a.parent_no = b.no)
           SELECT ${actorColumns} FROM actors WHERE no IN below ORDER BY no`,
        )
        .all(no)
        .map(actorRow),
    ),
    listActors: reading((filter) => listActors(db, filter)),
    wasDelivered: reading((actorNo, idempotencyKey) => delivered.get(actorNo, idempotencyKey) !== undefined),
    journalOf: reading((actorNo, upToSeq) => journalOf(db, actorNo, upToSeq)),
    journalSinceWhole: reading((actorNo, upToSeq) => journalSinceWhole(db, actorNo, upToSeq)),
    close: () => {
      writer.close();
      listeners.clear();
      try {
        claim.release();
        place.foldLog();
      } catch {
        // The file failed or another process has it: for others the claim runs out by itself.
      }
      db.close();
    },
  };
}

/** The ids that the root of an actor may have: what is before one of its slashes, or all of it. */
function rootsOf(id: string): string[] {
  const ids: string[] = id.length > longestRootId ? [] : [id];
  for (let slash = id.indexOf("/"); slash !== -1 && slash <= longestRootId; slash = id.indexOf("/", slash + 1)) {
    ids.push(id.slice(0, slash));
  }
  return ids;
}

function storedAudits(
  audits: readonly AuditRow[],
  hashes: readonly string[],
  head: Pick<ChainHeads, "transitionId" | "audit">,
): StoredAuditRow[] {
  return audits.map((audit, index) => ({
    ...audit,
    transition_id: head.transitionId + index + 1,
    prev_hash: hashes[index - 1] ?? head.audit,
    hash: hashes[index] as string,
  }));
}

function failureOf({ message, code, fence }: WriteFailure, file: string, ours: number): unknown {
  return fence === undefined
    ? storeFailure(Object.assign(new Error(message), code !== undefined && { code }), file, "written")
    : new PawlError("STORE_FENCED", { file, found: fence, ours });
}

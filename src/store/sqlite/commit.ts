import type { Database, Statement } from "better-sqlite3";
import { canonicalJson } from "../../base/canonical-json.ts";
import { auditHash, chainStart, commitHash } from "../chain.ts";
import type { AuditRow, Commit, DomainWrite, StoredAuditRow } from "../port.ts";
import type { Claim } from "./claim.ts";

/** Writes commits: one transaction each, with prepared statements only. */
export interface CommitWriter {
  /** Returns the audit events as stored. Throws SQLite's error and leaves nothing behind. */
  write(commit: Commit): StoredAuditRow[];
}

const emptyJson = "{}";

export function commitWriter(db: Database, claim: Claim): CommitWriter {
  const upsertActor = db.prepare(`
    INSERT INTO actors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (no) DO UPDATE SET version = excluded.version, fingerprint = excluded.fingerprint,
      snapshot = excluded.snapshot, status = excluded.status, state = excluded.state, tags = excluded.tags,
      live = excluded.live, asleep = excluded.asleep`);
  const insertJournal = db.prepare("INSERT INTO journal VALUES (?, ?, ?, ?, ?)");
  const insertAudit = db.prepare(`
    INSERT INTO state_transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const insertTimer = db.prepare("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?, ?)");
  const deleteTimer = db.prepare("DELETE FROM timers WHERE actor_no = ? AND id = ?");
  const upsertEffect = db.prepare("INSERT OR REPLACE INTO effects VALUES (?, ?, ?, ?, ?, ?, ?)");
  const insertLate = db.prepare("INSERT INTO late_settlements VALUES (NULL, ?, ?, ?, ?)");
  const insertDelivery = db.prepare("INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?)");
  const insertCommit = db.prepare("INSERT INTO commits VALUES (NULL, ?, ?, ?, ?, ?, ?)");
  const nameEntityType = db.prepare("INSERT OR IGNORE INTO entity_types VALUES (?)");
  const namedTypes = new Set<string>();
  const domainStatements = new Map<string, Statement>();

  let auditHead = readAuditHead(db);
  let commitHead = (db.prepare("SELECT hash FROM commits ORDER BY commit_no DESC LIMIT 1").pluck().get() ??
    chainStart) as string;

  const domainStatement = (row: DomainWrite, kind: "insert" | "update"): Statement => {
    const shape = `${kind}|${row.table}|${Object.keys(row.values).join()}|${Object.keys(row.once ?? {}).join()}`;
    let statement = domainStatements.get(shape);
    if (statement === undefined) {
      statement = db.prepare(kind === "insert" ? domainInsert(row) : domainUpdate(row));
      domainStatements.set(shape, statement);
    }
    return statement;
  };

  const writeRow = (row: DomainWrite): void => {
    const values = [...Object.values(row.values), ...Object.values(row.once ?? {}), row.at];
    // One that came before the host's tables has no row yet.
    if (row.isNew || domainStatement(row, "update").run(...values, row.values[row.key]).changes === 0) {
      domainStatement(row, "insert").run(...values, row.at);
    }
  };

  const write = db.transaction((commit: Commit) => {
    claim.check();
    // What left the tree goes first, so that its id is free for a successor of the same name.
    for (const live of [false, true]) {
      for (const actor of commit.actors) {
        if (actor.live === live) {
          upsertActor.run(
            actor.no,
            actor.id,
            actor.parentNo,
            actor.rootNo,
            actor.key,
            actor.src,
            actor.machine,
            actor.version,
            actor.fingerprint,
            actor.systemId,
            actor.syncSnapshot ? 1 : 0,
            actor.snapshot,
            actor.status,
            actor.state,
            actor.tags,
            live ? 1 : 0,
            actor.asleep ? 1 : 0,
          );
        }
      }
    }
    for (const row of commit.rows) {
      writeRow(row);
    }
    for (const row of commit.journal) {
      insertJournal.run(row.actorNo, row.seq, row.at, row.event, row.delta);
    }
    let head = auditHead;
    const stored: StoredAuditRow[] = [];
    for (const audit of commit.audits) {
      if (!namedTypes.has(audit.entity_type)) {
        nameEntityType.run(audit.entity_type);
        namedTypes.add(audit.entity_type);
      }
      const next = writeAudit(insertAudit, head, audit);
      stored.push(next);
      head = next;
    }
    for (const timer of commit.timersDisarmed) {
      deleteTimer.run(timer.actorNo, timer.id);
    }
    for (const timer of commit.timersArmed) {
      insertTimer.run(timer.actorNo, timer.id, timer.targetNo, timer.event, timer.seq, timer.dueAt);
    }
    for (const effect of commit.effects) {
      upsertEffect.run(
        effect.actorNo,
        effect.key,
        effect.attempt,
        effect.failures,
        effect.status,
        effect.requestedAt,
        effect.leaseUntil,
      );
    }
    for (const late of commit.lateSettlements) {
      insertLate.run(late.effectKey, late.attempt, late.outcome, late.at);
    }
    for (const delivery of commit.deliveries) {
      insertDelivery.run(delivery.actorNo, delivery.idempotencyKey, delivery.at);
    }
    const commitRow = { at: commit.at, fence: claim.fence, audit_head: head.hash };
    const hash = commitHash(commitHead, commitRow, commit.journal);
    insertCommit.run(
      commit.at,
      claim.fence,
      commit.journal[0]?.seq ?? 0,
      commit.journal.at(-1)?.seq ?? 0,
      head.hash,
      hash,
    );
    return { stored, head, hash };
  });

  const written = (commit: Commit): ReturnType<typeof write> => {
    try {
      return write.immediate(commit);
    } catch (error) {
      // What was named in it is not named any more.
      namedTypes.clear();
      throw error;
    }
  };

  return {
    write: (commit) => {
      const { stored, head, hash } = written(commit);
      auditHead = head;
      commitHead = hash;
      return stored;
    },
  };
}

interface AuditHead {
  readonly transition_id: number;
  readonly hash: string;
}

function readAuditHead(db: Database): AuditHead {
  const row = db.prepare("SELECT transition_id, hash FROM state_transitions ORDER BY transition_id DESC LIMIT 1").get();
  return (row as AuditHead | undefined) ?? { transition_id: 0, hash: chainStart };
}

function writeAudit(insert: Statement, head: AuditHead, audit: AuditRow): StoredAuditRow {
  const metadata = jsonOf(audit.metadata);
  const context = jsonOf(audit.context);
  const hash = auditHash(head.hash, audit, metadata, context);
  const transitionId = head.transition_id + 1;
  insert.run(
    transitionId,
    audit.event_id,
    audit.event_type,
    audit.entity_type,
    audit.entity_id,
    audit.from_state,
    audit.to_state,
    audit.trigger,
    audit.reason,
    audit.severity,
    audit.operator,
    metadata,
    context,
    audit.evidence === null ? null : canonicalJson(audit.evidence),
    audit.transitioned_at,
    head.hash,
    hash,
  );
  return { ...audit, transition_id: transitionId, prev_hash: head.hash, hash };
}

function jsonOf(value: Readonly<Record<string, unknown>>): string {
  for (const _ in value) {
    return canonicalJson(value);
  }
  return emptyJson;
}

/** Table and column names come from the host's code, never from data; values are always bound. */
function domainInsert({ table, values, once }: DomainWrite): string {
  const all = [...Object.keys(values), ...Object.keys(once ?? {}), "updated_at", "created_at"];
  return `INSERT INTO "${table}" (${all.map((column) => `"${column}"`).join(", ")})
    VALUES (${all.map(() => "?").join(", ")})`;
}

function domainUpdate({ table, key, values, once }: DomainWrite): string {
  const updates = [
    ...Object.keys(values).map((column) => `"${column}" = ?`),
    ...Object.keys(once ?? {}).map((column) => `"${column}" = COALESCE("${column}", ?)`),
    "updated_at = ?",
    "version = version + 1",
  ];
  return `UPDATE "${table}" SET ${updates.join(", ")} WHERE "${key}" = ?`;
}

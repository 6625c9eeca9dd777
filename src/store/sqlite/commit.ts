import type { Database, Statement } from "better-sqlite3";
import { type AuditText, auditTextHash, chainStart, commitHash } from "../chain.ts";
import { lastSeqOf } from "../journal-pages.ts";
import type { ActorRow, DomainWrite, SqlValue } from "../port.ts";
import { fenceCheck } from "./claim.ts";
import type { CommitRows } from "./commit-rows.ts";

/** Where both chains end. */
export interface ChainHeads {
  readonly transitionId: number;
  readonly audit: string;
  readonly commit: string;
}

/** Writes commits: one transaction each, with prepared statements only. */
export interface CommitWriter {
  /**
   * Returns the hashes of the audit events, in their order. Throws SQLite's error and leaves nothing behind.
   * @throws Fenced when another process has taken over (I8)
   */
  write(commit: CommitRows): readonly string[];
}

/** Another process has taken over the store. Nothing was written. */
export class Fenced extends Error {
  readonly found: number;

  constructor(found: number) {
    super(`the claim is ${found}`);
    this.found = found;
  }
}

export function commitWriter(db: Database, fence: number): CommitWriter {
  const fenceInForce = fenceCheck(db, fence);
  const upsertActor = db.prepare(`
    INSERT INTO actors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (no) DO UPDATE SET version = excluded.version, fingerprint = excluded.fingerprint,
      snapshot = excluded.snapshot, status = excluded.status, state = excluded.state, tags = excluded.tags,
      live = excluded.live, asleep = excluded.asleep`);
  // Most often nothing changes that an index knows: then none of them is written.
  const updateActor = db.prepare(`
    UPDATE actors SET version = ?, fingerprint = ?, snapshot = ?, status = ?, state = ?, tags = ?
      WHERE no = ? AND live = ? AND asleep = ?`);
  const insertPage = db.prepare("INSERT INTO journal_pages VALUES (?, ?, ?, ?)");
  const insertAudit = db.prepare(`
    INSERT INTO state_transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  // What most events are; each value that is bound costs as much as a column that is written.
  const insertPlainAudit = db.prepare(`
    INSERT INTO state_transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 'info', NULL, '{}', '{}', NULL, ?, ?, ?)`);
  const insertTimer = db.prepare("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?, ?)");
  const deleteTimer = db.prepare("DELETE FROM timers WHERE actor_no = ? AND id = ?");
  const upsertEffect = db.prepare("INSERT OR REPLACE INTO effects VALUES (?, ?, ?, ?, ?, ?, ?)");
  const insertLate = db.prepare("INSERT INTO late_settlements VALUES (NULL, ?, ?, ?, ?)");
  const insertDelivery = db.prepare("INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?)");
  const insertCommit = db.prepare("INSERT INTO commits VALUES (NULL, ?, ?, ?, ?, ?, ?)");
  const nameEntityType = db.prepare("INSERT OR IGNORE INTO entity_types VALUES (?)");
  const namedTypes = new Set<string>();
  const domainStatements = new Map<string, Statement>();

  let heads = readHeads(db);
  // Numbers grow: most actors above this one have no row yet.
  let lastNo = db.prepare("SELECT COALESCE(max(no), 0) FROM actors").pluck().get() as number;

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
    // One that came before the host's tables has no row yet.
    if (row.isNew || domainStatement(row, "update").run(...updatedValues(row), row.values[row.key]).changes === 0) {
      const values = [...Object.values(row.values), ...Object.values(row.once ?? {})];
      domainStatement(row, "insert").run(...values, row.at, row.at);
    }
  };

  const writeActor = (row: ActorRow): void => {
    const { no, version, fingerprint, snapshot, status, state, tags } = row;
    const [live, asleep] = [row.live ? 1 : 0, row.asleep ? 1 : 0];
    if (no <= lastNo) {
      const found = updateActor.run(version, fingerprint, snapshot, status, state, tags, no, live, asleep);
      if (found.changes > 0) {
        return;
      }
    }
    const made = [no, row.id, row.parentNo, row.rootNo, row.key, row.src, row.machine, version, fingerprint];
    const syncSnapshot = row.syncSnapshot ? 1 : 0;
    upsertActor.run(made, row.systemId, syncSnapshot, snapshot, status, state, tags, live, asleep);
    lastNo = Math.max(lastNo, no);
  };

  const nameType = (entityType: string): void => {
    if (!namedTypes.has(entityType)) {
      nameEntityType.run(entityType);
      namedTypes.add(entityType);
    }
  };

  const writeAudit = (transitionId: number, row: AuditText, prevHash: string, hash: string): void => {
    const { event_id, event_type, entity_type, entity_id, from_state, to_state, trigger, transitioned_at } = row;
    const said = [transitionId, event_id, event_type, entity_type, entity_id, from_state, to_state, trigger];
    if (isPlain(row)) {
      insertPlainAudit.run(said, transitioned_at, prevHash, hash);
    } else {
      const { reason, severity, operator, metadata, context, evidence } = row;
      const more = [reason, severity, operator, metadata, context, evidence];
      insertAudit.run(said, more, transitioned_at, prevHash, hash);
    }
  };

  const write = db.transaction((commit: CommitRows) => {
    const found = fenceInForce();
    if (found !== undefined) {
      throw new Fenced(found);
    }
    for (const row of commit.actors) {
      writeActor(row);
    }
    for (const row of commit.rows) {
      writeRow(row);
    }
    for (const { actorNo, firstSeq, lastSeq, entries } of commit.journal) {
      insertPage.run(firstSeq, actorNo, lastSeq, entries);
    }
    let { transitionId, audit } = heads;
    const hashes: string[] = [];
    for (const row of commit.audits) {
      nameType(row.entity_type);
      const hash = auditTextHash(audit, row);
      transitionId += 1;
      writeAudit(transitionId, row, audit, hash);
      hashes.push(hash);
      audit = hash;
    }
    for (const { actorNo, id } of commit.timersDisarmed) {
      deleteTimer.run(actorNo, id);
    }
    for (const { actorNo, id, targetNo, event, seq, dueAt } of commit.timersArmed) {
      insertTimer.run(actorNo, id, targetNo, event, seq, dueAt);
    }
    for (const { actorNo, key, attempt, failures, status, requestedAt, leaseUntil } of commit.effects) {
      upsertEffect.run(actorNo, key, attempt, failures, status, requestedAt, leaseUntil);
    }
    for (const { effectKey, attempt, outcome, at } of commit.lateSettlements) {
      insertLate.run(effectKey, attempt, outcome, at);
    }
    for (const { actorNo, idempotencyKey, at } of commit.deliveries) {
      insertDelivery.run(actorNo, idempotencyKey, at);
    }
    const hash = commitHash(heads.commit, { at: commit.at, fence, audit_head: audit }, commit.journal);
    const [first, last] = [commit.journal[0]?.firstSeq ?? 0, lastSeqOf(commit.journal)];
    insertCommit.run(commit.at, fence, first, last, audit, hash);
    return { hashes, heads: { transitionId, audit, commit: hash } };
  });

  return {
    write: (commit) => {
      try {
        const written = write.immediate(commit);
        heads = written.heads;
        return written.hashes;
      } catch (error) {
        // What was named in it is not named any more.
        namedTypes.clear();
        throw error;
      }
    },
  };
}

/** Nothing in it but what every transition has. */
function isPlain({ reason, severity, operator, metadata, context, evidence }: AuditText): boolean {
  return (
    metadata === "{}" &&
    context === "{}" &&
    reason === null &&
    severity === "info" &&
    operator === null &&
    evidence === null
  );
}

export function readHeads(db: Database): ChainHeads {
  const audit = db
    .prepare("SELECT transition_id, hash FROM state_transitions ORDER BY transition_id DESC LIMIT 1")
    .get() as { transition_id: number; hash: string } | undefined;
  const commit = db.prepare("SELECT hash FROM commits ORDER BY commit_no DESC LIMIT 1").pluck().get();
  return {
    transitionId: audit?.transition_id ?? 0,
    audit: audit?.hash ?? chainStart,
    commit: (commit as string | undefined) ?? chainStart,
  };
}

/** Table and column names come from the host's code, never from data; values are always bound. */
function domainInsert({ table, values, once }: DomainWrite): string {
  const all = [...Object.keys(values), ...Object.keys(once ?? {}), "updated_at", "created_at"];
  return `INSERT INTO "${table}" (${all.map((column) => `"${column}"`).join(", ")})
    VALUES (${all.map(() => "?").join(", ")})`;
}

/** The key stays as it is: to set it, though to what it was, writes its index and looks up all that refers to it. */
function domainUpdate({ table, key, values, once }: DomainWrite): string {
  const changed = Object.keys(values).filter((column) => column !== key);
  const updates = [
    ...changed.map((column) => `"${column}" = ?`),
    ...Object.keys(once ?? {}).map((column) => `"${column}" = COALESCE("${column}", ?)`),
    "updated_at = ?",
    "version = version + 1",
  ];
  return `UPDATE "${table}" SET ${updates.join(", ")} WHERE "${key}" = ?`;
}

/** What the statement of {@link domainUpdate} takes before the key. */
function updatedValues({ key, values, once, at }: DomainWrite): SqlValue[] {
  const updated: SqlValue[] = [];
  for (const column in values) {
    if (column !== key) {
      updated.push(values[column] as SqlValue);
    }
  }
  return [...updated, ...Object.values(once ?? {}), at];
}

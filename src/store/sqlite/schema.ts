import { chainStart } from "../chain.ts";
import type { Migration } from "./migrate.ts";

/** What IN with a list says; for IN, SQLite builds a table of the list at each row that it checks. */
function oneOf(column: string, ...values: readonly string[]): string {
  return values.map((value) => `${column} = '${value}'`).join(" OR ");
}

/** Tables that every store has, whatever machines run on it. One component of the schema; a host adds its own. */
export const runtimeMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE store_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Who may write (I8). The fence grows with each claim and is checked in each commit.
CREATE TABLE claim (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  fence INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  process_start TEXT NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE actors (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  parent_no INTEGER,
  root_no INTEGER NOT NULL,
  key TEXT NOT NULL,
  src TEXT NOT NULL,
  machine TEXT NOT NULL,
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  system_id TEXT,
  sync_snapshot INTEGER NOT NULL CHECK (sync_snapshot IN (0, 1)),
  snapshot TEXT NOT NULL CHECK (json_valid(snapshot)),
  status TEXT NOT NULL CHECK (${oneOf("status", "active", "done", "error", "stopped")}),
  state TEXT NOT NULL,
  tags TEXT NOT NULL,
  live INTEGER NOT NULL CHECK (live IN (0, 1)),
  asleep INTEGER NOT NULL CHECK (asleep IN (0, 1))
);
CREATE UNIQUE INDEX actors_live_id ON actors (id) WHERE live = 1;
CREATE INDEX actors_root ON actors (root_no, no);
CREATE INDEX actors_parent ON actors (parent_no) WHERE parent_no IS NOT NULL;
CREATE INDEX actors_roots ON actors (asleep, no) WHERE parent_no IS NULL AND live = 1;

-- What each actor took, with what it changed: history is rebuilt from it. A page is what one actor did within one
-- commit, a JSON array of [seq, at, event, delta]. In the order of time, so that a commit of many actors is written at
-- the end, not into a page of the file for each.
CREATE TABLE journal_pages (
  first_seq INTEGER PRIMARY KEY,
  actor_no INTEGER NOT NULL,
  last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
  entries TEXT NOT NULL
);
CREATE INDEX journal_pages_actor ON journal_pages (actor_no, first_seq);
-- For people who look with SQL.
CREATE VIEW journal AS
  SELECT p.actor_no, e.value ->> 0 AS seq, e.value ->> 1 AS at, e.value -> 2 AS event, e.value -> 3 AS delta
  FROM journal_pages AS p, json_each(p.entries) AS e;

-- One row a transaction: its hash covers the journal pages in it and the audit chain's head.
CREATE TABLE commits (
  commit_no INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  audit_head TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE entity_types (name TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE state_transitions (
  -- Nothing is ever deleted, so no number comes twice, also without AUTOINCREMENT.
  transition_id INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL CHECK (event_id GLOB 'evt_*'),
  event_type TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  trigger TEXT NOT NULL,
  reason TEXT,
  severity TEXT NOT NULL CHECK (${oneOf("severity", "info", "warning", "error", "critical")}),
  operator TEXT,
  -- Most are empty, and a parser costs more than all else in the row.
  metadata TEXT NOT NULL CHECK (metadata = '{}' OR json_valid(metadata)),
  context TEXT NOT NULL CHECK (context = '{}' OR json_valid(context)),
  evidence TEXT CHECK (evidence IS NULL OR json_valid(evidence)),
  transitioned_at TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX state_transitions_entity ON state_transitions (entity_id, transition_id);
CREATE TRIGGER state_transitions_no_update BEFORE UPDATE ON state_transitions
  BEGIN SELECT RAISE(ABORT, 'state_transitions is append-only'); END;
CREATE TRIGGER state_transitions_no_delete BEFORE DELETE ON state_transitions
  BEGIN SELECT RAISE(ABORT, 'state_transitions is append-only'); END;
-- REPLACE deletes without telling the trigger of DELETE: only the next row of the chain can be inserted. One trigger for
-- both, because it is the call of a trigger that costs.
CREATE TRIGGER state_transitions_insert BEFORE INSERT ON state_transitions BEGIN
  SELECT RAISE(ABORT, 'unknown entity_type')
    WHERE NOT EXISTS (SELECT 1 FROM entity_types WHERE name = NEW.entity_type);
  SELECT RAISE(ABORT, 'state_transitions is append-only')
    WHERE (NEW.transition_id - 1, NEW.prev_hash) IS NOT
        (SELECT transition_id, hash FROM state_transitions ORDER BY transition_id DESC LIMIT 1)
      AND ((NEW.transition_id, NEW.prev_hash) IS NOT (1, '${chainStart}')
        OR EXISTS (SELECT 1 FROM state_transitions));
END;
CREATE TRIGGER journal_pages_no_replace BEFORE INSERT ON journal_pages
  WHEN NEW.first_seq <= (SELECT max(first_seq) FROM journal_pages)
  BEGIN SELECT RAISE(ABORT, 'journal_pages is append-only'); END;
CREATE TRIGGER commits_no_replace BEFORE INSERT ON commits
  WHEN EXISTS (SELECT 1 FROM commits WHERE commit_no = NEW.commit_no)
  BEGIN SELECT RAISE(ABORT, 'commits is append-only'); END;
CREATE TRIGGER journal_pages_no_update BEFORE UPDATE ON journal_pages
  BEGIN SELECT RAISE(ABORT, 'journal_pages is append-only'); END;
CREATE TRIGGER journal_pages_no_delete BEFORE DELETE ON journal_pages
  BEGIN SELECT RAISE(ABORT, 'journal_pages is append-only'); END;
CREATE TRIGGER commits_no_update BEFORE UPDATE ON commits
  BEGIN SELECT RAISE(ABORT, 'commits is append-only'); END;
CREATE TRIGGER commits_no_delete BEFORE DELETE ON commits
  BEGIN SELECT RAISE(ABORT, 'commits is append-only'); END;

CREATE TABLE timers (
  actor_no INTEGER NOT NULL,
  id TEXT NOT NULL,
  target_no INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (json_valid(event)),
  seq INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  PRIMARY KEY (actor_no, id)
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_at, seq);

CREATE TABLE effects (
  actor_no INTEGER PRIMARY KEY,
  effect_key TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  status TEXT NOT NULL CHECK (${oneOf("status", "requested", "settled", "stopped")}),
  requested_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL
);
CREATE TABLE late_settlements (
  id INTEGER PRIMARY KEY,
  effect_key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  at INTEGER NOT NULL
);

CREATE TABLE deliveries (
  actor_no INTEGER NOT NULL,
  idempotency_key TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (actor_no, idempotency_key)
) WITHOUT ROWID;
`,
  },
  {
    version: 2,
    // A start looks for what has not ended, and a list of the roots for all of them.
    sql: `
DROP INDEX actors_roots;
CREATE INDEX actors_roots ON actors (asleep, status, no) WHERE parent_no IS NULL AND live = 1;
`,
  },
  {
    version: 3,
    // What has ended is asked for by its id. Of roots only: it is written when one is stopped, and by nothing else.
    sql: "CREATE INDEX actors_ended_roots ON actors (id) WHERE parent_no IS NULL AND live = 0;",
  },
];

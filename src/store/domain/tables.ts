/** The tables of the pipeline's entities. §6, with the machines' state sets and transitions added by the generator. */
import { type DomainTable, flag, jsonList, moment } from "./table.ts";
import { uetTables } from "./tables-uet.ts";

const phases: DomainTable = {
  name: "phases",
  key: "phase_id",
  columns: ["name TEXT NOT NULL"],
  fixed: [],
};

const runs: DomainTable = {
  name: "runs",
  key: "run_id",
  machine: "run",
  columns: ["phase_id TEXT REFERENCES phases (phase_id)", moment("started_at"), moment("completed_at")],
  fixed: ["phase_id"],
  checks: [
    "(state IN ({terminal})) = (completed_at IS NOT NULL)",
    // Canceled before its start, it has none: inventing one would falsify the audit.
    "started_at IS NOT NULL OR state IN ('pending', 'canceled')",
    "started_at IS NULL OR state <> 'pending'",
    "started_at >= created_at",
    "completed_at >= COALESCE(started_at, created_at)",
  ],
};

const workstreams: DomainTable = {
  name: "workstreams",
  key: "ws_id",
  machine: "workstream",
  columns: [
    "run_id TEXT NOT NULL REFERENCES runs (run_id)",
    "phase_id TEXT REFERENCES phases (phase_id)",
    flag("is_critical"),
    flag("allow_failure"),
    jsonList("depends_on"),
    moment("completed_at"),
  ],
  fixed: ["run_id", "phase_id", "is_critical", "allow_failure", "depends_on"],
  checks: ["(state IN ({terminal})) = (completed_at IS NOT NULL)", "completed_at >= created_at"],
  indexes: [{ on: "run_id" }],
};

const tasks: DomainTable = {
  name: "tasks",
  key: "task_id",
  machine: "task",
  columns: [
    "workstream_id TEXT NOT NULL REFERENCES workstreams (ws_id)",
    // No reference: the worker may live in another store.
    "worker_id TEXT",
    flag("is_critical"),
    flag("allow_failure"),
    jsonList("depends_on"),
    jsonList("gate_dependencies"),
    "retry_count INTEGER NOT NULL DEFAULT 0 CHECK (retry_count >= 0)",
    "max_retries INTEGER NOT NULL CHECK (max_retries >= 0)",
    "timeout_sec REAL NOT NULL CHECK (timeout_sec > 0)",
    moment("started_at"),
    moment("completed_at"),
    moment("cancelled_at"),
    "last_error TEXT",
    "retry_of TEXT REFERENCES tasks (task_id)",
  ],
  fixed: [
    "workstream_id",
    "is_critical",
    "allow_failure",
    "depends_on",
    "gate_dependencies",
    "max_retries",
    "timeout_sec",
    "retry_of",
  ],
  checks: [
    "(state = 'running') = (worker_id IS NOT NULL)",
    "(state IN ({terminal})) = (completed_at IS NOT NULL)",
    "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
    "state NOT IN ('running', 'validating', 'retrying') OR started_at IS NOT NULL",
    "retry_count <= max_retries",
    "started_at >= created_at",
    "completed_at >= COALESCE(started_at, created_at)",
  ],
  indexes: [
    { on: "workstream_id, state" },
    { on: "worker_id", where: "worker_id IS NOT NULL" },
    { on: "retry_of", where: "retry_of IS NOT NULL" },
  ],
};

const workers: DomainTable = {
  name: "workers",
  key: "worker_id",
  machine: "worker",
  columns: [
    "worker_type TEXT NOT NULL DEFAULT 'local' CHECK (worker_type <> '')",
    jsonList("capabilities"),
    jsonList("affinity"),
    "current_load INTEGER NOT NULL DEFAULT 0 CHECK (current_load >= 0)",
    "max_concurrent_tasks INTEGER NOT NULL DEFAULT 1 CHECK (max_concurrent_tasks >= 1)",
    moment("last_heartbeat"),
    moment("shutdown_at"),
  ],
  fixed: ["worker_type", "max_concurrent_tasks"],
  checks: ["(state = 'shutdown') = (shutdown_at IS NOT NULL)", "current_load <= max_concurrent_tasks"],
  refusals: [
    {
      when: "NEW.affinity IS NOT OLD.affinity AND OLD.state <> 'initializing'",
      says: "the affinity of a registered worker never changes",
    },
  ],
  indexes: [{ on: "last_heartbeat" }],
};

/** Parents before those that refer to them. */
export const domainTables: readonly DomainTable[] = [phases, runs, workstreams, tasks, workers, ...uetTables];

import { type DomainTable, jsonList, moment } from "./table.ts";

const uetWorkers: DomainTable = {
  name: "uet_workers",
  key: "worker_id",
  machine: "uet_worker",
  columns: [
    "worker_type TEXT NOT NULL DEFAULT 'uet' CHECK (worker_type <> '')",
    jsonList("affinity"),
    moment("last_heartbeat"),
    moment("terminated_at"),
  ],
  fixed: ["worker_type"],
  checks: ["(state = 'TERMINATED') = (terminated_at IS NOT NULL)"],
  indexes: [{ on: "last_heartbeat" }],
};

const patches: DomainTable = {
  name: "patches",
  key: "patch_id",
  columns: [
    "task_id TEXT NOT NULL REFERENCES tasks (task_id)",
    "format TEXT NOT NULL CHECK (format <> '')",
    "content_hash TEXT NOT NULL CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*')",
    "content BLOB NOT NULL",
  ],
  fixed: ["task_id", "format", "content_hash", "content"],
  indexes: [{ on: "task_id" }],
};

const optionalFlag = (name: string): string => `${name} INTEGER CHECK (${name} IN (0, 1))`;

const patchLedgerEntries: DomainTable = {
  name: "patch_ledger_entries",
  key: "ledger_id",
  machine: "patch_ledger",
  columns: [
    "patch_id TEXT NOT NULL REFERENCES patches (patch_id)",
    "workstream_id TEXT NOT NULL REFERENCES workstreams (ws_id)",
    "phase_id TEXT REFERENCES phases (phase_id)",
    optionalFlag("validation_format_passed"),
    optionalFlag("validation_scope_passed"),
    optionalFlag("validation_constraints_passed"),
    optionalFlag("validation_tests_passed"),
    "apply_attempts INTEGER NOT NULL DEFAULT 0 CHECK (apply_attempts >= 0)",
    "commit_sha TEXT",
    "quarantine_reason TEXT",
    "quarantine_metadata TEXT CHECK (json_valid(quarantine_metadata))",
    moment("quarantined_at"),
    "rollback_reason TEXT",
    "rollback_compensation TEXT CHECK (json_valid(rollback_compensation))",
    moment("rolled_back_at"),
    "retry_of TEXT REFERENCES patch_ledger_entries (ledger_id)",
  ],
  fixed: ["patch_id", "workstream_id", "phase_id", "retry_of"],
  checks: [
    "state <> 'quarantined' OR (COALESCE(quarantine_reason, '') <> '' AND quarantined_at IS NOT NULL)",
    "state <> 'rolled_back' OR (COALESCE(rollback_reason, '') <> '' AND rolled_back_at IS NOT NULL)",
    "state NOT IN ('committed', 'rolled_back') OR commit_sha IS NOT NULL",
    "quarantined_at >= created_at",
    "rolled_back_at >= created_at",
  ],
  refusals: [
    {
      when: "OLD.state = 'committed' AND NEW.state = 'committed'",
      says: "a committed patch changes by its rollback only",
    },
    {
      when: "OLD.commit_sha IS NOT NULL AND NEW.commit_sha IS NOT OLD.commit_sha",
      says: "the commit of a patch never changes",
    },
    { when: "NEW.apply_attempts < OLD.apply_attempts", says: "apply_attempts never goes back" },
  ],
  indexes: [{ on: "patch_id" }, { on: "workstream_id" }],
};

const testGates: DomainTable = {
  name: "test_gates",
  key: "gate_id",
  machine: "test_gate",
  columns: [
    "gate_type TEXT NOT NULL CHECK (gate_type IN ('LINT', 'UNIT', 'INTEGRATION', 'SECURITY'))",
    "phase_id TEXT REFERENCES phases (phase_id)",
    "workstream_id TEXT NOT NULL REFERENCES workstreams (ws_id)",
    "command TEXT NOT NULL",
    "expected_exit_code INTEGER NOT NULL DEFAULT 0",
    "timeout_sec REAL NOT NULL CHECK (timeout_sec > 0)",
    jsonList("depends_on"),
    "exit_code INTEGER",
    "signal TEXT",
    "stdout TEXT",
    "stderr TEXT",
    "duration_sec REAL CHECK (duration_sec >= 0)",
    moment("started_at"),
    moment("completed_at"),
    "retry_of TEXT REFERENCES test_gates (gate_id)",
  ],
  fixed: [
    "gate_type",
    "phase_id",
    "workstream_id",
    "command",
    "expected_exit_code",
    "timeout_sec",
    "depends_on",
    "retry_of",
  ],
  checks: [
    "(state IN ({terminal})) = (completed_at IS NOT NULL)",
    "state NOT IN ({terminal}) OR exit_code IS NOT NULL OR signal IS NOT NULL",
    "state IN ('PENDING', 'BLOCKED') OR started_at IS NOT NULL",
    "state <> 'PASSED' OR exit_code = expected_exit_code",
    "started_at >= created_at",
    "completed_at >= started_at",
  ],
  indexes: [{ on: "workstream_id" }],
};

const circuitBreakers: DomainTable = {
  name: "circuit_breakers",
  key: "tool_id",
  machine: "circuit_breaker",
  columns: [
    "failure_count INTEGER NOT NULL DEFAULT 0 CHECK (failure_count >= 0)",
    "failure_threshold INTEGER NOT NULL CHECK (failure_threshold >= 1)",
    "cooldown_seconds REAL NOT NULL CHECK (cooldown_seconds >= 0)",
    "success_threshold INTEGER NOT NULL CHECK (success_threshold >= 1)",
    moment("opened_at"),
  ],
  fixed: ["failure_threshold", "cooldown_seconds", "success_threshold"],
  checks: ["state <> 'OPEN' OR opened_at IS NOT NULL"],
};

export const uetTables: readonly DomainTable[] = [uetWorkers, patches, patchLedgerEntries, testGates, circuitBreakers];

/** What the page says besides the machines: rules that hold between them. */

export const derivation = `A derived state (§3) is a guard or an eventless transition of the parent, never a write by somebody else; it is applied only where the transition is allowed, and a terminal state is never derived again.

- **Task, gate, ledger** (§3.1): a task completes only with all its gates \`PASSED\` and its patch \`verified\` or \`committed\`. A failed gate blocks the pending tasks that need it; others get a warning.
- **Ledger, workstream** (§3.2): a workstream validates only when every live patch is \`verified\` or \`committed\`; a quarantined patch fails it. A patch with a successor (\`retry_of\`) is not live.
- **Task, workstream** (§1.3.4), in this order: any task running → \`executing\`; all completed → \`validating\`; a critical one failed → \`failed\`; any blocked → \`blocked\`; all pending or queued → \`ready\`; otherwise \`executing\`; no tasks → \`planned\`.
- **Workstream, run** (§3.3): a run succeeds when every workstream is completed or skipped, fails at once with a critical one, and otherwise fails when all have ended and one that may not fail did.`;

export const persistenceRules = `Each entity has a row whose \`state\` the database itself restricts to the states below (§6). A terminal row cannot change its state; the only exception is \`committed\` → \`rolled_back\`. Each update raises \`version\` by one (optimistic lock), all timestamps are ISO 8601 in UTC with milliseconds, and the history (\`state_transitions\`) is append-only.`;

export const eventRules = `Each transition leaves one event (§7.1), in the table in the same transaction as the new state and in \`.state/transitions.jsonl\` after the commit: \`event_id\`, \`transitioned_at\`, \`event_type\`, \`severity\`, \`entity_type\`, \`entity_id\`, \`from_state\`, \`to_state\`, \`trigger\`, \`reason\`, \`metadata\`, \`operator\`, \`context\`, \`evidence\`. Its hash covers the previous hash and its own canonical JSON (§8.5.2). Severity (§7.2.2) is \`info\` but for these transitions:`;

export const recoveryRules = `What is done again is a new entity that names the old one in \`retry_of\` (§8.2.3): a terminal state stays. A restart keeps every timer's remaining delay and starts each unsettled effect again under the same idempotency key. Overrides (§5.2) need an operator and a reason, are audited as \`manual_override\` with severity \`warning\`, and never leave a terminal state:`;

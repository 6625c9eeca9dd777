/** What children tell their parent of themselves, and who intervenes: payloads that many samples have in common. */

export const by = { operator: "ann", reason: "why" };

/** Of `gate_changed`, from a gate of some set. */
export const gateReport = (setId: string, to: string) => ({
  gate_id: `${setId}~unit`,
  name: "unit",
  set_id: setId,
  answers_for: `${setId}~unit`,
  from: "RUNNING",
  to,
  dependants: [],
  reason: to === "FAILED" ? "gate unit: exit code 1" : null,
});

/** Of `task_changed`. */
export const taskReport = (from: string, to: string, is_critical = false) => ({
  task_id: "none",
  from,
  to,
  answers_for: "none",
  is_critical,
  allow_failure: false,
  dependants: [],
  patch_id: null,
  reason: null,
});

/** Of `patch_changed`. */
export const patchReport = (to: string) => ({ patch_id: "p", task_id: "t", from: "x", to, reason: null });

import { defineErrors } from "./define.ts";

/**
 * Refused state changes (I5, I6) and the guards around them. §8
 *
 * The source's list of errors has each of these. OPTIMISTIC_LOCK, TASK_ALREADY_ASSIGNED, COMPENSATION_FAILED,
 * TIMESTAMP_ORDER, CIRCUIT_BREAKER_OPEN and TAMPERED keep their code and texts, though nothing throws them today: only
 * one process writes (I8), the machine refuses a second assignment and a rollback without its compensation as it refuses
 * all else, the database checks the order of moments, `breakerLetsPass` answers, and `pawl verify` lists what it finds.
 */
export const transitionErrors = defineErrors({
  INVALID_TRANSITION: {
    exit: 1,
    http: 409,
    message: "{entity} {id}: no transition from {from} by {trigger}",
    fix: "From {from} these are declared: {allowed}.",
  },
  TERMINAL_STATE: {
    exit: 1,
    http: 409,
    message: "{entity} {id} is {from}, a terminal state, and stays so; {trigger} was refused",
    fix: "What is done again is a new entity, under another id, that names the old one (retry_of).",
  },
  GUARD_REJECTED: {
    exit: 1,
    http: 409,
    message: "{entity} {id}: the guard of {trigger} from {from} said no",
    fix: "The guard asks for: {guard}.",
  },
  NOT_MONOTONIC: {
    exit: 1,
    http: 409,
    message: "{entity} {id}: {to} was already left for good, {from} does not lead back to it",
    fix: "Make a new entity that names the old one (retry_of).",
  },
  ENTITY_TYPE_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "there is no machine {entity}",
    fix: "Nearest: {nearest}. There are {known}.",
  },
  STATE_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "{entity} has no state {state}",
    fix: "Nearest: {nearest}. It has {known}.",
  },
  TRIGGER_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "{entity} has no trigger {trigger}",
    fix: "Nearest: {nearest}. It has {known}.",
  },
  PATCH_CONTENT_MISSING: {
    exit: 1,
    http: 500,
    message: "the content of patch {id} was not given with it",
    fix: "Report this to Pawl's authors: a ledger entry is only made for a patch whose content is at hand.",
  },
  OPTIMISTIC_LOCK: {
    exit: 1,
    http: 409,
    message: "{entity} {id} has version {found}, the change was made for version {expected}",
    fix: "Read it again, and decide again.",
  },
  TASK_ALREADY_ASSIGNED: {
    exit: 1,
    http: 409,
    message: "task {id} is already assigned to worker {worker}",
    fix: "Wait until that worker has finished, or cancel the task.",
  },
  UNAUTHORIZED: {
    exit: 1,
    http: 403,
    message: "{operator} may not {action}",
    fix: "Ask one of the operators that the configuration names: {operators}.",
  },
  COMPENSATION_FAILED: {
    exit: 1,
    http: 500,
    message: "the compensation of {id} failed at {action}: {detail}",
    fix: "The patch stays committed. Mend what {action} reports, then ask for the rollback again.",
  },
  TIMESTAMP_ORDER: {
    exit: 1,
    http: 409,
    message: "{entity} {id}: {later} ({laterAt}) is before {earlier} ({earlierAt})",
    fix: "Correct the clock of this machine.",
  },
  CIRCUIT_BREAKER_OPEN: {
    exit: 1,
    http: 503,
    message: "the circuit breaker of {tool} is open for another {waitSec} s",
    fix: "Wait {waitSec} s, or reset it: pawl override reset-breaker {tool}.",
  },
  TAMPERED: {
    exit: 1,
    http: 500,
    message: "{table} row {row} was changed after it was written: {detail}",
    fix: "History cannot be repaired. Restore the store from a backup and compare.",
  },
});

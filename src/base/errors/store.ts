import { defineErrors } from "./define.ts";

export const storeErrors = defineErrors({
  STORE_IN_USE: {
    exit: 75,
    http: 409,
    message: "{file} is in use by process {pid} on {host}",
    fix: "Wait until it has ended (openRuntime does so for waitMs), or end it: a run by pawl cancel, or Ctrl-C there. If it is this one, await close() of its runtime, or use that.",
  },
  SQLITE_UNAVAILABLE: {
    exit: 1,
    http: 500,
    message: "{driver} cannot be loaded: {detail}",
    fix: "It is compiled for one Node. With this one run npm ci again, in Pawl's folder or your app's, with install scripts and optional dependencies: nothing that was recorded is lost.",
  },
  STORE_LOCKED: {
    exit: 75,
    http: 409,
    message: "{file} is locked by another connection: {detail}",
    fix: "A process that was stopped, a backup or a shell holds a transaction on it: end that, then start again.",
  },
  STORE_SHARED: {
    exit: 75,
    http: 409,
    message: "store {store} was handed to another runtime, which is open",
    fix: "Use that runtime, or await its close() first.",
  },
  STORE_FENCED: {
    exit: 75,
    http: 409,
    message: "{file} was taken over by another process (claim {found}, ours was {ours})",
    fix: "Nothing was written. Start again; it goes on from what the other process left.",
  },
  STORE_NOT_A_DATABASE: {
    exit: 1,
    http: 500,
    message: "{file} is not a Pawl store: {detail}",
    fix: "Name another file, or move this one away, together with any transitions*.jsonl beside it: a new store writes over them.",
  },
  STORE_DAMAGED: {
    exit: 1,
    http: 500,
    message: "{file} is damaged: {detail}",
    fix: "Copy any transitions*.jsonl beside it, which are cut to what the store knows. Then remove it with its -wal and -shm files and put a copy in its place, or save what can still be read, with .recover of the sqlite3 shell.",
  },
  STORE_NEWER: {
    exit: 1,
    http: 500,
    message: "{file} has schema {found} of {component}, this Pawl knows up to {known}",
    fix: "Use the Pawl that wrote it, or a newer one.",
  },
  DURABILITY_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "{file}: there is no durability {durability}",
    fix: 'Choose "full", which survives a power cut and is the default, or "normal".',
  },
  STORE_MOVED: {
    exit: 1,
    http: 500,
    message: "{file} was moved, replaced or deleted while it was in use: {detail}",
    fix: "End this process, or close its runtime, which brings all into the file. Put that back if it was moved, or a copy, and start again.",
  },
  STORE_READ_ONLY: {
    exit: 1,
    http: 500,
    message: "cannot write to {file}: {detail}",
    fix: "Make the folder and the file writable, or name another place.",
  },
  STORE_FULL: {
    exit: 1,
    http: 507,
    message: "no space left for {file}: {detail}",
    fix: "Free some space, then go on: nothing that was acknowledged is lost.",
  },
  STORE_FAILED: {
    exit: 1,
    http: 500,
    message: "{file} could not be {action}: {detail}",
    fix: "Mend the disk or the file, then start again: nothing that was acknowledged is lost.",
  },
});

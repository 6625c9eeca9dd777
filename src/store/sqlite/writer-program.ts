import { workerData } from "node:worker_threads";
import { type Renew, renewal } from "./claim.ts";
import { type CommitMessage, rowsOfMessage } from "./commit-message.ts";
import { openConnection } from "./connection.ts";
import { outcomeOf, type WriteOutcome } from "./writer.ts";
import type { ThreadSetup, ToThread, ToWrite } from "./writer-thread.ts";

/*
 * The program of the writer's thread. The log is folded into the file between commits instead of in one, so that
 * nobody waits for that but who comes right after.
 */
const { file, durability, fence, port, answered } = workerData as ThreadSetup;
const answers = new Int32Array(answered);
/** A large commit is folded at once, while the machines make the next; some small ones together. */
const foldFromPages = 100;

let db: ReturnType<typeof openConnection> | undefined;
let write: ReturnType<typeof outcomeOf> | undefined;
let renew: Renew | undefined;
let failures = 0;
let lastFailure: WriteOutcome | undefined;

port.on("message", (data: ToThread) => {
  if (data === "close") {
    db?.close();
    answer({ hashes: [] });
    port.close();
    return;
  }
  if ("renewUntil" in data) {
    renew?.(data.renewUntil);
    return;
  }
  answer(outcome(data));
  foldLog();
});

/** What was handed over behind a commit that failed follows from it: written, it would be a history with a hole. */
function outcome({ commit, failuresKnown }: ToWrite): WriteOutcome {
  const made = lastFailure !== undefined && failuresKnown < failures ? lastFailure : written(commit);
  if ("failure" in made) {
    failures += 1;
    lastFailure = made;
  }
  return made;
}

function written(message: CommitMessage): WriteOutcome {
  try {
    if (write === undefined) {
      db = openConnection(file, durability);
      db.pragma("wal_autocheckpoint = 0");
      write = outcomeOf(db, fence);
      renew = renewal(db, fence);
    }
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    return { failure: { message, ...(code !== undefined && { code }) } };
  }
  return write(rowsOfMessage(message));
}

function answer(outcome: WriteOutcome): void {
  port.postMessage(outcome);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
}

function foldLog(): void {
  try {
    const [state] = (db?.pragma("wal_checkpoint(NOOP)") ?? []) as { log: number; checkpointed: number }[];
    if (state !== undefined && state.log - state.checkpointed >= foldFromPages) {
      db?.pragma("wal_checkpoint(PASSIVE)");
    }
  } catch {
    // What was committed is safe in the log. A fault that stays, such as a full disk, is told by the next commit.
  }
}

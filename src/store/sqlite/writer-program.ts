import { workerData } from "node:worker_threads";
import { openConnection } from "./connection.ts";
import { logPages } from "./log-space.ts";
import { type CommitMessage, packedOf } from "./packed.ts";
import { outcomeOf, type WriteOutcome } from "./writer.ts";
import type { ThreadSetup, ToThread } from "./writer-thread.ts";

/*
 * The program of the writer's thread. The log is folded into the file between commits instead of in one, so that
 * nobody waits for that but who comes right after.
 */
const { file, durability, fence, port, answered } = workerData as ThreadSetup;
const answers = new Int32Array(answered);

let db: ReturnType<typeof openConnection> | undefined;
let write: ReturnType<typeof outcomeOf> | undefined;

port.on("message", (data: ToThread) => {
  if (data === "close") {
    db?.close();
    answer({ hashes: [] });
    port.close();
    return;
  }
  answer(outcome(data));
  foldLog();
});

function outcome(message: CommitMessage): WriteOutcome {
  try {
    if (write === undefined) {
      db = openConnection(file, durability);
      db.pragma("wal_autocheckpoint = 0");
      write = outcomeOf(db, fence);
    }
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    return { failure: { message, ...(code !== undefined && { code }) } };
  }
  return write(packedOf(message));
}

function answer(outcome: WriteOutcome): void {
  port.postMessage(outcome);
  Atomics.add(answers, 0, 1);
  Atomics.notify(answers, 0);
}

function foldLog(): void {
  const [state] = (db?.pragma("wal_checkpoint(NOOP)") ?? []) as { log: number; checkpointed: number }[];
  if (state !== undefined && state.log - state.checkpointed >= logPages) {
    db?.pragma("wal_checkpoint(PASSIVE)");
  }
}

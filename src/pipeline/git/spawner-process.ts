import { takeUpEnvironment } from "../../base/small-process.ts";
import { runHere } from "./process.ts";
import type { SpawnAnswer, SpawnRequest } from "./separate-process.ts";

/*
 * The program of a process that runs git for another one. It imports as little as it can, because each spawn costs by
 * the memory of the process. When its parent goes, what runs is left to the next one (see leftovers.ts).
 */
takeUpEnvironment();

process.on("message", ({ id, call }: SpawnRequest) => {
  void runHere(call).then((ending) => {
    const answer: SpawnAnswer = { id, ending };
    if (process.connected) {
      process.send?.(answer);
    }
  });
});

process.send?.("up" satisfies SpawnAnswer);

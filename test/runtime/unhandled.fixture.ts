import { onTestFinished } from "vitest";

/** What is thrown in a turn of its own from here to the end of the test. */
export function unhandledErrors(): unknown[] {
  const unhandled: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => unhandled.push(error));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) {
      process.on("uncaughtException", listener);
    }
  });
  return unhandled;
}

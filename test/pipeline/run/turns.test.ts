import { expect, test } from "vitest";
import { Turns } from "../../../src/pipeline/run/turns.ts";

const never = new AbortController().signal;

/** Turns that note who has had one. */
function noted() {
  const turns = new Turns();
  const had: string[] = [];
  const take = (name: string, signal = never): Promise<void> =>
    turns.take(name, signal).then(() => void had.push(name));
  return { turns, had, take };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one at a time has the turn, in the order in which they came, until it gives it back", async () => {
  const { turns, had, take } = noted();
  await take("a");
  await take("a");
  void take("b");
  void take("c");
  turns.giveBack("b");
  await settled();
  expect(had).toEqual(["a", "a"]);
  turns.giveBack("a");
  await settled();
  expect(had).toEqual(["a", "a", "b"]);
  turns.giveBack("a");
  await settled();
  expect(had).toEqual(["a", "a", "b"]);
  turns.giveBack("b");
  await settled();
  expect(had).toEqual(["a", "a", "b", "c"]);
  turns.giveBack("c");
  await take("d");
});

test("whoever is ended while waiting is told why, and never gets the turn", async () => {
  const { turns, had, take } = noted();
  await take("a");
  const abort = new AbortController();
  const waits = take("b", abort.signal);
  const next = take("c");
  abort.abort(new Error("it is over"));
  await expect(waits).rejects.toThrow("it is over");
  turns.giveBack("a");
  await next;
  expect(had).toEqual(["a", "c"]);
});

test("whoever had the turn before a restart has it after", async () => {
  const { turns, had, take } = noted();
  turns.hold("a");
  const next = take("b");
  await settled();
  expect(had).toEqual([]);
  await take("a");
  turns.giveBack("a");
  await next;
});

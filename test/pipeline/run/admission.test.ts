import { expect, test } from "vitest";
import { Admission } from "../../../src/pipeline/run/admission.ts";

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A piece of work that goes on until it is told to end. */
function work() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

test("what comes while the door is closed begins when it opens, and what is inside goes on when it closes", async () => {
  const admission = new Admission();
  const begun: string[] = [];
  const { ended, end } = work();
  const first = admission.run(never, () => {
    begun.push("first");
    return ended;
  });
  await settled();
  expect(begun).toEqual([]);
  admission.open();
  await settled();
  expect(begun).toEqual(["first"]);
  admission.close();
  void admission.run(never, async () => void begun.push("second"));
  let isEmpty = false;
  void admission.empty().then(() => {
    isEmpty = true;
  });
  await settled();
  expect([begun, isEmpty]).toEqual([["first"], false]);
  end();
  await first;
  await settled();
  expect([begun, isEmpty]).toEqual([["first"], true]);
  await admission.empty();
});

test("a door that was closed is not opened by who did not know of it", async () => {
  const admission = new Admission();
  const begun: string[] = [];
  admission.close();
  void admission.run(never, async () => void begun.push("first"));
  admission.open();
  await settled();
  expect(begun).toEqual([]);
});

test("what fails has left all the same", async () => {
  const admission = new Admission();
  admission.open();
  await expect(admission.run(never, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await admission.empty();
});

test("whoever is ended while waiting is told why, before or after, and does not begin", async () => {
  const admission = new Admission();
  const abort = new AbortController();
  const begun: string[] = [];
  const waits = admission.run(abort.signal, async () => void begun.push("waits"));
  abort.abort(new Error("it is over"));
  await expect(waits).rejects.toThrow("it is over");
  await expect(admission.run(abort.signal, async () => void begun.push("late"))).rejects.toThrow("it is over");
  admission.open();
  await settled();
  expect(begun).toEqual([]);
  await admission.empty();
});

test("who waits for others is outside meanwhile, and comes in again", async () => {
  const admission = new Admission();
  admission.open();
  const others = work();
  const { ended, end } = work();
  const whole = admission.run(never, async () => {
    await admission.outside(never, () => others.ended);
    await ended;
  });
  await admission.empty();
  others.end();
  await settled();
  let isEmpty = false;
  void admission.empty().then(() => {
    isEmpty = true;
  });
  await settled();
  expect(isEmpty).toBe(false);
  end();
  await whole;
  await admission.empty();
  expect(isEmpty).toBe(true);
});

test("who waits outside does not come in through a closed door", async () => {
  const admission = new Admission();
  admission.open();
  const others = work();
  const steps: string[] = [];
  void admission.run(never, async () => {
    await admission.outside(never, () => others.ended);
    steps.push("in again");
  });
  await admission.empty();
  admission.close();
  others.end();
  await settled();
  expect(steps).toEqual([]);
});

test("who is ended while outside is told why, and has left once", async () => {
  const admission = new Admission();
  admission.open();
  const abort = new AbortController();
  const others = work();
  const whole = admission.run(never, () => admission.outside(abort.signal, () => others.ended));
  await admission.empty();
  admission.close();
  others.end();
  await settled();
  abort.abort(new Error("it is over"));
  await expect(whole).rejects.toThrow("it is over");
  await admission.empty();
});

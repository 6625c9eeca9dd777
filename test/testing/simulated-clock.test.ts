import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sequentialIds, simulatedClock } from "../../src/testing/index.ts";

describe("simulatedClock", () => {
  test("fires what falls due in order of due time, then of arming, each at its own moment", () => {
    const clock = simulatedClock(1_000);
    const fired: [string, number][] = [];
    const arm = (name: string, delayMs: number) => clock.setTimeout(() => fired.push([name, clock.now()]), delayMs);
    arm("late", 30);
    arm("first of two", 10);
    arm("second of two", 10);
    arm("after the span", 51);
    clock.advance(50);
    expect(fired).toEqual([
      ["first of two", 1_010],
      ["second of two", 1_010],
      ["late", 1_030],
    ]);
    expect(clock.now()).toBe(1_050);
    expect(clock.pending()).toBe(1);
  });

  test("fires a timer that one armed while it fired, if it is due within the span", () => {
    const clock = simulatedClock();
    const fired: number[] = [];
    clock.setTimeout(() => {
      fired.push(clock.monotonic());
      clock.setTimeout(() => fired.push(clock.monotonic()), 5);
    }, 10);
    clock.advance(15);
    expect(fired).toEqual([10, 15]);
  });

  test("never goes back, though what fires lets more time pass than was asked for", () => {
    const clock = simulatedClock(500);
    clock.setTimeout(() => clock.advance(100), 10);
    clock.advance(20);
    expect([clock.monotonic(), clock.now()]).toEqual([110, 610]);
  });

  test("does not fire what was disarmed, be it by another timer", () => {
    const clock = simulatedClock();
    const fired: string[] = [];
    const second = { handle: undefined as unknown };
    clock.setTimeout(() => clock.clearTimeout(second.handle), 5);
    second.handle = clock.setTimeout(() => fired.push("second"), 5);
    clock.advance(100);
    expect(fired).toEqual([]);
  });

  test("a wall clock that is set moves now alone: no time passes and nothing fires", () => {
    const clock = simulatedClock(1_000);
    let fired = false;
    clock.setTimeout(() => {
      fired = true;
    }, 10);
    clock.advance(4);
    clock.set(500);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([500, 4, false]);
    clock.set(1_000_000);
    expect(fired).toBe(false);
    clock.advance(6);
    expect([clock.now(), clock.monotonic(), fired]).toEqual([1_000_006, 10, true]);
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "5", undefined])(
    "refuses to let %s milliseconds pass, and is as it was",
    (ms) => {
      const clock = simulatedClock(7);
      const wrong = expect.objectContaining({ code: "TESTING_OPTION_INVALID", fix: "It takes a number, 0 or more." });
      expect(() => clock.advance(ms as number)).toThrow(wrong);
      clock.advance(3);
      expect([clock.now(), clock.monotonic()]).toEqual([10, 3]);
    },
  );

  test("refuses to start at, or to be set to, what is no moment", () => {
    const wrong = expect.objectContaining({ code: "TESTING_OPTION_INVALID", fix: "It takes a number." });
    expect(() => simulatedClock(Number.NaN)).toThrow(wrong);
    expect(() => simulatedClock().set(Number.NEGATIVE_INFINITY)).toThrow(wrong);
    expect(simulatedClock(-5).now()).toBe(-5);
  });

  test("fires a timer whose delay is no number at once, as the system's timers do", () => {
    const clock = simulatedClock();
    let fired = false;
    clock.setTimeout(() => {
      fired = true;
    }, Number.NaN);
    clock.advance(0);
    expect(fired).toBe(true);
  });

  test("fires at the same moments whether time passes at once or bit by bit", () => {
    const delays = fc.array(fc.nat(50), { maxLength: 20 });
    fc.assert(
      fc.property(delays, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 10, maxLength: 10 }), (armed, bits) => {
        const run = (spans: number[]) => {
          const clock = simulatedClock();
          const fired: [number, number][] = [];
          armed.forEach((delayMs, index) => {
            clock.setTimeout(() => fired.push([index, clock.now()]), delayMs);
          });
          spans.forEach(clock.advance);
          return fired;
        };
        expect(run(bits)).toEqual(run([bits.reduce((sum, bit) => sum + bit, 0)]));
      }),
    );
  });
});

describe("sequentialIds", () => {
  test("are the same each time, 26 characters long, and sort as they were made", () => {
    const make = () => {
      const ids = sequentialIds();
      return [ids.next(1_000), ids.next(1_000), ids.next(2_000), ids.next(1_500)];
    };
    expect(make()).toEqual(make());
    expect(make().map((id) => id.length)).toEqual([26, 26, 26, 26]);
    expect(make().toSorted()).toEqual(make());
    expect(new Set(make()).size).toBe(4);
    expect(make()[0]).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });
});

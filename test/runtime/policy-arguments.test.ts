import { describe, expect, test } from "vitest";
import { createMachine, fromCallback } from "xstate";
import { backoffBefore } from "../../src/runtime/durable.ts";
import { durable } from "../../src/runtime/index.ts";

describe("durable()", () => {
  test.each([
    [null, "the policy is null, and must be an object"],
    [{ retry: 5 }, "retry is 5, and must be an object with max"],
    [{ retry: { maxAttempts: 5 } }, "retry is { maxAttempts: 5 }, and must be an object with max"],
    [{ retry: { max: undefined } }, "retry.max is undefined, and must be a whole number, or Infinity"],
    [{ retry: { max: 1, backoff: 5 } }, "retry.backoff is 5, and must be one of max, backoffMs, factor, maxBackoffMs"],
    [{ retry: { max: 1, backoffMs: Number.NaN } }, "retry.backoffMs is NaN, and must be a number that is not negative"],
    [{ retry: null }, "retry is null, and must be an object with max"],
    [{ retry: { max: 1.5 } }, "retry.max is 1.5, and must be a whole number, or Infinity"],
    [{ retry: { max: -1 } }, "retry.max is -1, and must be a whole number, or Infinity"],
    [{ retry: { max: 1, backoffMs: -1 } }, "retry.backoffMs is -1, and must be a number that is not negative"],
    [
      { retry: { max: 1, backoffMs: Number.POSITIVE_INFINITY } },
      "retry.backoffMs is Infinity, and must be a number that is not negative",
    ],
    [{ leaseMs: "5" }, "leaseMs is '5', and must be a number that is not negative"],
    [{ timeoutMs: "5s" }, "timeoutMs is '5s', and must be a number of milliseconds above 0"],
    [{ timeoutMs: 0 }, "timeoutMs is 0, and must be a number of milliseconds above 0"],
    [{ key: "order-1" }, "key is 'order-1', and must be a function of the input"],
    [{ timeout: 5 }, "timeout is 5, and must be one of retry, timeoutMs, leaseMs, key"],
  ])("refuses the policy %o", (policy, words) => {
    expect(() => durable(policy as never)).toThrow(
      expect.objectContaining({ code: "EFFECT_POLICY_INVALID", message: `durable(): ${words}` }),
    );
  });

  test.each([
    ["one of kind machine", createMachine({})],
    ["one of kind callback", fromCallback(() => undefined)],
    ["undefined", undefined],
  ])("refuses what is no promise: %s", (shown, logic) => {
    expect(() => durable({})(logic as never)).toThrow(
      expect.objectContaining({
        code: "EFFECT_POLICY_INVALID",
        message: expect.stringContaining(`the logic is ${shown}, and must`),
      }),
    );
  });

  test("takes a policy of nothing but zeros, where zero means something", () => {
    const retry = { max: 0, backoffMs: 0, factor: 0, maxBackoffMs: 0 };
    expect(() => durable({ retry, leaseMs: 0 })).not.toThrow();
    expect(() => durable({ retry: { max: Number.POSITIVE_INFINITY } })).not.toThrow();
  });

  test("takes a policy whose members are left out as undefined", () => {
    expect(() => durable({ retry: undefined, timeoutMs: undefined, leaseMs: undefined, key: undefined })).not.toThrow();
  });

  test("waits for nothing, however many attempts failed, where there is no backoff", () => {
    expect(backoffBefore({ max: Number.POSITIVE_INFINITY }, 2_000)).toBe(0);
    expect(backoffBefore({ max: Number.POSITIVE_INFINITY, backoffMs: 1 }, 2_000)).toBe(3_600_000);
  });
});

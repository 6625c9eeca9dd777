import { expect, test } from "vitest";
import type { PatchEffectInput } from "../../../machines/uet/patch-ledger.types.ts";
import { PawlError } from "../../../src/base/errors/index.ts";
import { createRedactor } from "../../../src/base/secrets.ts";
import type { Patch } from "../../../src/pipeline/git/index.ts";
import { commitMessage } from "../../../src/pipeline/run/commit-message.ts";
import type { RunSite } from "../../../src/pipeline/run/site.ts";
import { withoutSecrets } from "../../../src/pipeline/run/without-secrets.ts";

const secret = "s3cr3t-value";
const secrets = createRedactor(new Map([["TOKEN", secret]]));
const given = <T>(value: T): Promise<T> => withoutSecrets(secrets, async () => value);
const thrown = (error: unknown): Promise<unknown> =>
  withoutSecrets(secrets, () => Promise.reject(error)).then(
    () => expect.fail("it did not throw"),
    (seen: unknown) => seen,
  );

test("what an effect gives has no secret in it, however deep it lies", async () => {
  expect(
    await given({ exit_code: 1, error: `a ${secret}`, tails: [`b ${secret}`, { c: [secret] }], none: null }),
  ).toEqual({
    exit_code: 1,
    error: "a [secret TOKEN]",
    tails: ["b [secret TOKEN]", { c: ["[secret TOKEN]"] }],
    none: null,
  });
  expect([await given(secret), await given(undefined), await given(7)]).toEqual(["[secret TOKEN]", undefined, 7]);
});

test("what names a patch or a commit stays as it is", async () => {
  const named = { patch: { patch_id: secret }, commit_sha: secret };
  expect(await given({ ...named, reason: secret })).toEqual({ ...named, reason: "[secret TOKEN]" });
});

test("what an effect fails with has no secret in its message, stack, values and causes", async () => {
  const cause = new Error(`because of ${secret}`);
  const seen = await thrown(
    new PawlError("GIT_FAILED", { command: "x", folder: "/", exit: 1, detail: secret }, { cause }),
  );
  expect(seen).toBeInstanceOf(Error);
  expect(seen).toMatchObject({
    name: "PawlError",
    code: "GIT_FAILED",
    message: expect.stringContaining("[secret TOKEN]"),
    stack: expect.stringContaining("[secret TOKEN]"),
    values: { detail: "[secret TOKEN]" },
    cause: { message: "because of [secret TOKEN]", stack: expect.stringContaining("[secret TOKEN]") },
  });
  const all = (error: unknown): string =>
    JSON.stringify(Object.getOwnPropertyNames(error).map((key) => Reflect.get(error as object, key)));
  expect(all(seen) + all((seen as Error).cause)).not.toContain(secret);
  expect(await thrown(`text with ${secret}`)).toBe("text with [secret TOKEN]");
});

test("of a text that was cut short, what may be the beginning of a secret goes with what was cut", async () => {
  expect(await given("it said s3cr3…")).not.toContain("s3cr3");
  expect(await given("it said s3cr3… and s3cr3… at the end")).not.toContain("s3cr3");
  expect(await given("it said nothing… at all s3cr3")).toBe("it said nothing… at all s3cr3");
});

test("the subject of a commit has no beginning of a secret at which it was cut", () => {
  const command = `${"x".repeat(60)}${secret}`;
  const task = { kind: "run", run: { kind: "shell", text: command } };
  const site = { secrets, index: { task: () => ({ task }) } } as unknown as RunSite;
  const { message } = commitMessage(site, { task_id: "w.t" } as PatchEffectInput, { mail: null } as Patch);
  expect(message).toBe(`w.t: ${"x".repeat(60)}[secre…`);
});

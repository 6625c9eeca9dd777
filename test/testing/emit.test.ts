import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnyStateMachine } from "xstate";
import { type EmitOptions, emitTestFile, startBare } from "../../src/testing/index.ts";
import { form, loader, loaderAnswers, lock, player } from "./machines.ts";

const root = new URL("../..", import.meta.url).pathname;
const require = createRequire(import.meta.url);
const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), "pawl-emit-"));
const from = path.relative(folder, path.join(root, "test/testing/machines.ts"));
const testing = path.relative(folder, path.join(root, "src/testing/index.ts"));

const long = "a code so long that neither the event nor the input fit on one line of a hundred and twenty characters";
const emitted: [string, AnyStateMachine, EmitOptions][] = [
  ["player", player, { machine: { name: "player", from }, testing, cover: "transition-pairs" }],
  ["form", form, { machine: { name: "form", from }, testing }],
  [
    "lock",
    lock,
    {
      machine: { name: "lock", from },
      testing,
      input: { code: long },
      events: { enter: [{ code: long }, { code: 'it\'s "wrong"' }], reset: { operator: "ada" } },
    },
  ],
  ["loader", loader, { machine: { name: "loader", from }, testing, results: loaderAnswers }],
];

describe("emitTestFile", () => {
  beforeAll(() => {
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    for (const [name, machine, options] of emitted) {
      writeFileSync(path.join(folder, `${name}.test.ts`), emitTestFile(machine, options));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("writes files that pass, one case for each path", () => {
    const vitest = path.join(path.dirname(require.resolve("vitest/package.json")), "vitest.mjs");
    const config = path.join(folder, "vitest.config.ts");
    writeFileSync(config, "export default { test: { include: ['*.test.ts'] } };\n");
    const args = [vitest, "run", "--root", folder, "--config", config, "--reporter", "json"];
    const output = execFileSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const report = JSON.parse(output) as { numPassedTests: number; numFailedTests: number; numTotalTestSuites: number };
    expect(report.numFailedTests).toBe(0);
    expect(report.numPassedTests).toBeGreaterThan(emitted.length * 2);
  });

  test("writes events with what they carry, which the compiler takes as well", () => {
    expect(emitTestFile(lock, emitted[2]?.[2] as EmitOptions)).toContain(
      'actor.send({ type: "reset", operator: "ada" });',
    );
    const actor = startBare(lock, { input: { code: "1" } });
    actor.send({ type: "enter", code: "1" });
    expect(actor.state()).toBe("open");
  });

  test("writes them as the formatter would", () => {
    const biome = require.resolve("@biomejs/biome/bin/biome");
    for (const [name, machine, options] of emitted) {
      const text = emitTestFile(machine, options);
      const formatted = execFileSync(process.execPath, [biome, "format", `--stdin-file-path=${name}.test.ts`], {
        cwd: root,
        input: text,
        encoding: "utf8",
      });
      expect(formatted).toBe(text);
    }
  });

  test("reads like a test a person wrote", () => {
    const options = { machine: { name: "loaderMachine", from: "./loader.ts" }, results: loaderAnswers };
    const text = emitTestFile(loader, { ...options, cover: "states" });
    expect(text).toContain(`import { startBare } from "pawl/testing";
import { describe, expect, test } from "vitest";
import { loaderMachine } from "./loader.ts";

describe("loader", () => {
  test("reaches done: load, loaded", () => {
    const loader = startBare(loaderMachine);
    expect(loader.state()).toEqual("idle");

    loader.send({ type: "load" });
    expect(loader.state()).toEqual("loading");
`);
    expect(text).toContain(`
    // after 30000 ms
    loader.send({ type: "xstate.after.30000.loader.loading" });
`);
    expect(text).toContain('error: new Error("failed on purpose")');
  });

  test.each([
    [{ at: new Date(Number.NaN) }, "at: new Date(Number.NaN) });"],
    [JSON.parse('{ "__proto__": { "polluted": true } }'), '["__proto__"]: { polluted: true } });'],
  ])("writes %o as what it is", (enter, text) => {
    const events = { enter, reset: { operator: "ada" } };
    const options = { machine: { name: "lock", from }, input: { code: "1" }, events };
    expect(emitTestFile(lock, options)).toContain(text);
  });

  test("refuses a sample that has no source text, and says where it is", () => {
    const events = { enter: [{ code: "1", seen: { by: () => 1 } }], reset: { operator: "ada" } };
    const options = { machine: { name: "lock", from }, input: { code: "1" }, events };
    expect(() => emitTestFile(lock, options)).toThrow("value.seen.by is a function, which cannot be written");
  });
});

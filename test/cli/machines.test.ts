import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("pawl paths", () => {
  test("prints a small set of paths, and what none of them covers", () => {
    const { status, stdout } = placeWith("").pawl("paths", "circuit_breaker", "--cover", "states");
    expect([status, stdout.trim().split("\n")]).toEqual([
      0,
      ["reaches HALF_OPEN: call_failed, call_failed, cooldown", "1 path, 3 of 3 states covered"].map((line) =>
        expect.stringMatching(line.startsWith("1 path") ? /^\d+ paths?, 3 of 3 states covered$/ : /^reaches /),
      ),
    ]);
  });

  test("writes a test file that passes", () => {
    // Within node_modules, where `pawl` is found as in a project that depends on it.
    const folder = mkdtempSync(join(root, "node_modules", ".paths-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "pawl"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const file = join(folder, "worker.test.ts");
    expect(placeWith("").pawl("paths", "worker", "--emit", file)).toMatchObject({ status: 0 });
    const text = readFileSync(file, "utf8");
    expect(text).toContain('import { workerMachine } from "pawl/machines";');
    expect(text).toContain('worker.send({ type: "registration_complete"');
    const printed = execFileSync(
      process.execPath,
      [join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", folder],
      {
        encoding: "utf8",
        cwd: folder,
        env: { ...process.env, NO_COLOR: "1" },
      },
    );
    expect(printed).toMatch(/Tests {2}\d+ passed/);
  });

  test("makes the folder of the file, and says where it cannot write", () => {
    const place = placeWith("");
    expect(place.pawl("paths", "circuit_breaker", "--emit", "new/folder/a.test.ts")).toMatchObject({ status: 0 });
    expect(readFileSync(join(place.folder, "new/folder/a.test.ts"), "utf8")).toContain("circuitBreakerMachine");
    const asJson = place.pawl("paths", "circuit_breaker", "--json", "--emit", "b.test.ts").stdout;
    expect(JSON.parse(asJson)).toEqual({ file: join(realpathSync(place.folder), "b.test.ts") });
    expect(place.pawl("paths", "circuit_breaker", "--emit", "new/folder")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--emit cannot be new\/folder: EISDIR[\s\S]*CLI_BAD_OPTION/),
    });
  });
});

describe("a wrong word", () => {
  test.each([
    ["paths of no machine names the nearest", ["paths", "patchledger"], "Nearest: patch_ledger"],
    ["paths of an unknown cover names those there are", ["paths", "task", "--cover", "all"], "transition-pairs"],
    ["graph of no machine has a code", ["graph", "gate"], "MACHINE_NAME_UNKNOWN"],
    ["graph of an unknown format names all", ["graph", "task", "--format", "png"], "mermaid, svg, json, stately"],
  ])("in %s", (_, args, said) => {
    expect(placeWith("").pawl(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(said) });
  });
});

describe("pawl graph", () => {
  test("draws a machine in each format", async () => {
    const place = placeWith("");
    expect((await place.look("graph", "test_gate")).stdout).toMatch(/^[\s\S]*stateDiagram-v2[\s\S]*PENDING/);
    expect((await place.look("graph", "test_gate", "--format", "svg")).stdout).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    expect(JSON.parse((await place.look("graph", "test_gate", "--format", "json")).stdout)).toMatchObject({
      name: "test_gate",
      initial: "PENDING",
    });
    expect(JSON.parse((await place.look("graph", "test_gate", "--format", "stately")).stdout)).toMatchObject({
      id: "test_gate",
    });
  });

  test("sets off where an entity is, and the way that it took", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'exit 1' }"]));
    place.pawl("run", "plan.yaml");
    const plainPicture = (await place.look("graph", "task")).stdout;
    const { stdout } = await place.look("graph", "task", "--entity", "w.t");
    expect(stdout).not.toBe(plainPicture);
    expect(stdout).toMatch(/scheduler_assigned[^\n]*1/);
    expect(JSON.parse((await place.look("graph", "task", "--entity", "w.t", "--format", "json")).stdout)).toMatchObject(
      {
        name: "task",
        present: "failed",
        way: [{ from: "pending", to: "queued", trigger: "scheduler_assigned" }, { to: "running" }, { to: "failed" }],
      },
    );
    expect(await place.look("graph", "task", "--entity", "w")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("GRAPH_OF_ANOTHER_KIND"),
    });
    expect(await place.look("graph", "task", "--entity", "w.x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("Nearest: w.t"),
    });
  });
});

import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { type Plan, readPlan } from "../../src/plan/index.ts";
import { examplePlan } from "./example-plan.ts";
import { folderWith, patchText } from "./support.ts";

const patch = { "patches/0001-fix-timeout.patch": patchText };

async function example(): Promise<{ plan: Plan; folder: string }> {
  const folder = folderWith({ "plan.yaml": examplePlan, ...patch });
  return { plan: await readPlan(join(folder, "plan.yaml")), folder };
}

const anyTask = {
  critical: false,
  allowFailure: false,
  dependsOn: [],
  gateDependencies: [],
  dependants: [],
  timeoutMs: 1_800_000,
  retries: { max: 0, backoffMs: 1000 },
  scope: ["**"],
  limits: { maxLines: null, maxBytes: null },
};

describe("the example plan", () => {
  test("keeps what holds for the whole plan", async () => {
    const { plan, folder } = await example();
    const { gates: _gates, workstreams: _workstreams, ...top } = plan;
    expect(top).toEqual({
      pawl: 1,
      name: "harden-client",
      file: join(folder, "plan.yaml"),
      base: "main",
      setup: { kind: "shell", text: "npm ci --prefer-offline" },
      concurrency: 4,
      env: { NODE_ENV: "test" },
      secrets: ["OPENAI_API_KEY"],
      tools: [
        {
          id: "aider",
          run: { kind: "exec", args: ["aider", "--yes-always", "--message-file", "{prompt_file}"] },
          timeoutMs: 1_200_000,
        },
      ],
    });
  });

  test("orders its gates, with those that wait for each", async () => {
    const { plan } = await example();
    expect(plan.gates).toEqual([
      {
        id: "lint",
        type: "LINT",
        run: { kind: "shell", text: "npm run lint" },
        timeoutMs: 300_000,
        expectedExitCode: 0,
        dependsOn: [],
        dependants: ["unit"],
      },
      {
        id: "unit",
        type: "UNIT",
        run: { kind: "shell", text: "npm test" },
        timeoutMs: 1_800_000,
        expectedExitCode: 0,
        dependsOn: ["lint"],
        dependants: [],
      },
    ]);
  });

  test("closes the gates of a workstream over what they depend on", async () => {
    const { plan } = await example();
    const [client, docs] = plan.workstreams;
    expect(client).toMatchObject({ id: "client", critical: true, allowFailure: false, dependants: ["docs"] });
    expect(client?.verify).toEqual(["lint", "unit"]);
    expect(client?.final).toEqual(["lint", "unit"]);
    expect(docs).toMatchObject({ id: "docs", allowFailure: true, dependsOn: ["client"], verify: [], final: [] });
    expect(docs?.setup).toEqual(plan.setup);
  });

  test("resolves each of its tasks", async () => {
    const { plan, folder } = await example();
    expect(plan.workstreams.flatMap((workstream) => workstream.tasks)).toEqual([
      {
        ...anyTask,
        id: "fix-timeout",
        kind: "patch",
        dependants: ["bump"],
        scope: ["src/**", "test/**"],
        patch: {
          file: join(folder, "patches/0001-fix-timeout.patch"),
          sha256: createHash("sha256").update(patchText).digest("hex"),
          bytes: patchText.length,
        },
      },
      {
        ...anyTask,
        id: "bump",
        kind: "run",
        run: { kind: "shell", text: "npm version patch --no-git-tag-version" },
        dependsOn: ["fix-timeout"],
        retries: { max: 2, backoffMs: 2000 },
        timeoutMs: 120_000,
        env: {},
        expectedExitCode: 0,
        changes: "patch",
      },
      {
        ...anyTask,
        id: "refactor",
        kind: "agent",
        tool: "aider",
        prompt: "Split client.ts by responsibility.",
        timeoutMs: 1_200_000,
        scope: ["src/client/**"],
        limits: { maxLines: 800, maxBytes: 200_000 },
        env: {},
        expectedExitCode: 0,
        changes: "patch",
      },
      {
        ...anyTask,
        id: "readme",
        kind: "run",
        run: { kind: "exec", args: ["node", "scripts/readme.mjs"] },
        env: {},
        expectedExitCode: 0,
        changes: "patch",
      },
      {
        ...anyTask,
        id: "spelling",
        kind: "run",
        run: { kind: "shell", text: "npx cspell docs" },
        env: {},
        expectedExitCode: 0,
        changes: "none",
      },
    ]);
  });

  test("is the same plan after a round trip through JSON", async () => {
    const { plan } = await example();
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test.each([
    ["two spaces", "  "],
    ["tabs", "\t"],
    ["no white space", ""],
  ])("is the same plan when it is written as JSON with %s", async (_, indent) => {
    const folder = folderWith({ "plan.json": JSON.stringify(parseYaml(examplePlan), null, indent), ...patch });
    const { plan } = await example();
    const fromJson = await readPlan(join(folder, "plan.json"));
    const withoutPaths = (each: Plan) => JSON.stringify(each).replaceAll(/"file":"[^"]*"/g, "");
    expect(withoutPaths(fromJson)).toBe(withoutPaths(plan));
  });
});

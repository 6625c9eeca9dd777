import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { PawlError } from "../../src/base/errors/index.ts";
import { type Plan, PlanErrors, parsePlan, readPlan } from "../../src/plan/index.ts";

export const patchText = `diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1 @@
-old
+new
`;

/** A folder of its own with the given files, gone after the test. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "pawl-plan-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A named pipe without a writer: who opens it to read waits without end. */
export function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
}

/** What is wrong with a text, as `code line:column`; empty when it is a plan. */
export async function codesOf(text: string): Promise<string[]> {
  return (await problemsOf(text)).map((error) => `${error.code} ${error.at?.line}:${error.at?.column}`);
}

export async function problemsOf(text: string, directory = "/nowhere"): Promise<readonly PawlError[]> {
  return caught(() => parsePlan(text, { file: "plan.yaml", directory }));
}

/** What is wrong with a file. */
export async function problemsOfFile(file: string): Promise<readonly PawlError[]> {
  return caught(() => readPlan(file));
}

async function caught(read: () => Promise<Plan>): Promise<readonly PawlError[]> {
  try {
    await read();
    return [];
  } catch (error) {
    if (error instanceof PlanErrors) {
      return error.errors;
    }
    throw error;
  }
}

export function parse(text: string): Promise<Plan> {
  return parsePlan(text, { file: "plan.yaml", directory: "/nowhere" });
}

/** A plan with one workstream `w` whose tasks are the given lines. The first task is in line 6. */
export function withTasks(...tasks: string[]): string {
  return [
    "pawl: 1",
    "name: test",
    "workstreams:",
    "  - id: w",
    "    tasks:",
    ...tasks.map((t) => `      - ${t}`),
    "",
  ].join("\n");
}

/** A sound plan whose first lines are the given ones. */
export function withTop(...lines: string[]): string {
  return [...lines, "pawl: 1", "name: test", "workstreams: [{ id: w, tasks: [{ id: t, run: 'true' }] }]", ""].join(
    "\n",
  );
}

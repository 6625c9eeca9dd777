import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import leaveOuterRepository from "../outer-repository.setup.ts";
import { makeSampleRepository } from "./sample-repository.ts";

test("the sample repository is one of its own, inside a git hook too", () => {
  const folder = mkdtempSync(join(tmpdir(), "pawl-sample-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("GIT_DIR", join(folder, "outer"));
  vi.stubEnv("GIT_INDEX_FILE", join(folder, "outer-index"));
  leaveOuterRepository();
  makeSampleRepository(join(folder, "sample"));
  const log = execFileSync("git", ["log", "--format=%s"], { cwd: join(folder, "sample"), encoding: "utf8" });
  expect(log).toBe("Begin\n");
});

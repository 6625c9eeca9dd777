import { afterEach, expect, test, vi } from "vitest";
import { runGit } from "../../../src/pipeline/git/process.ts";
import { put, temporaryFolder } from "./setting.fixture.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("git is handed on how far it may look for a repository, and not which one to take", async () => {
  const bin = temporaryFolder();
  put(bin, { git: { program: "#!/bin/sh\necho $GIT_DISCOVERY_ACROSS_FILESYSTEM,$GIT_COMMON_DIR\n" } });
  vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
  vi.stubEnv("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1");
  vi.stubEnv("GIT_COMMON_DIR", "/elsewhere");
  expect((await runGit({ cwd: bin, args: ["version"] })).stdout.toString()).toBe("1,\n");
});

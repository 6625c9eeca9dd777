import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/**/*.test.ts"],
    typecheck: { include: ["test/**/*.test-d.ts"], tsconfig: ".config/tsconfig.type-tests.json" },
    // Two cores, and one more: many tests wait for child processes and disks.
    maxWorkers: 3,
    testTimeout: 60_000,
    // A whole run is made in some of them.
    hookTimeout: 60_000,
    // XState's remark in development, made by many tests that end machines: it would hide what else is printed.
    onConsoleLog: (log) => !log.includes("This actor has already reached its final state"),
    globalSetup: ["test/outer-repository.setup.ts", "test/temporary-folder.setup.ts", "test/build.setup.ts"],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "machines/**/*.ts"],
      reporter: ["text-summary", "html"],
    },
  },
});

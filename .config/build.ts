import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build as bundle } from "esbuild";

const root = join(import.meta.dirname, "..");

/**
 * `npm run build`: the library, file by file and with its types, in `dist/src` and `dist/machines`; the program, with
 * what it depends on, in `dist/bin`. A program of a few files starts in half the time of one of some hundreds.
 */
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", ".config/tsconfig.build.json"], { cwd: root, stdio: "inherit" });

// tsc leaves what it once made of a file that is gone, and the package would hold it.
for (const room of ["src", "machines"]) {
  for (const file of readdirSync(join(root, "dist", room), { recursive: true, encoding: "utf8" })) {
    const made = /^(.*)\.(?:js|js\.map|d\.ts)$/.exec(join(room, file));
    if (made !== null && !existsSync(join(root, `${made[1]}.ts`))) {
      rmSync(join(root, "dist", room, file));
    }
  }
}

const bin = join(root, "dist", "bin");
rmSync(bin, { recursive: true, force: true });
await bundle({
  absWorkingDir: root,
  entryPoints: {
    pawl: "src/cli/main.ts",
    // Processes and threads of their own: each is looked for beside the file that starts it.
    "runner-process": "src/pipeline/command/runner-process.ts",
    "spawner-process": "src/pipeline/git/spawner-process.ts",
    "writer-program": "src/store/sqlite/writer-program.ts",
  },
  outdir: bin,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // Native code, and what is needed only while somebody looks.
  external: ["better-sqlite3", "@statelyai/inspect", "ws", "vitest"],
  // Dependencies that are CommonJS ask for node's own modules this way.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  logLevel: "warning",
});

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const textOf = (path: string): string => readFileSync(join(root, path), "utf8");
const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, stdio: "pipe" });
const [{ files }] = JSON.parse(packed.toString()) as [{ files: { path: string }[] }];
const paths = files.map(({ path }) => path);

/** What a compiled file names beside itself: modules, and files that a bundler takes along. */
function namedIn(file: string): string[] {
  const names = textOf(file).matchAll(
    /(?:from |import\(|^import )"(\.[^"]+)"|new URL\("([^"]+)",\s*import\.meta\.url\)/gm,
  );
  // Types name the source that they were made from.
  const suffix = file.endsWith(".d.ts") ? ".d.ts" : ".js";
  return [...names].map(([, module, beside = ""]) =>
    posix.join(posix.dirname(file), module?.replace(/\.ts$/, suffix) ?? beside),
  );
}

describe("the package", () => {
  test("holds what it exports, its program and what these name, and no room that only the program has", () => {
    const { exports, bin } = JSON.parse(textOf("package.json")) as {
      exports: Record<string, Record<string, string>>;
      bin: { pawl: string };
    };
    const doors = Object.values(exports).flatMap((entry) => Object.values(entry));
    const reached = new Set([...doors, bin.pawl].map((path) => posix.normalize(path)));
    for (const file of reached) {
      for (const name of namedIn(file)) {
        reached.add(name);
      }
    }
    expect([...reached].filter((file) => !paths.includes(file))).toEqual([]);
    expect(reached).toContain("dist/src/store/sqlite/writer-program.js");
    expect(paths.filter((path) => /^dist\/src\/(cli|pipeline|plan|views)\//.test(path))).toEqual([]);
    expect(paths.filter((path) => !/\.(js|js\.map|d\.ts)$/.test(path))).toEqual(["README.md", "package.json"]);
  });

  test("takes the vitest that an app has, from the first that describePaths works with: npm installs it beside no other", () => {
    expect(JSON.parse(textOf("package.json"))).toMatchObject({ peerDependencies: { vitest: ">=1" } });
  });

  test("has the source in each map: it has it nowhere else", () => {
    for (const path of paths.filter((path) => path.endsWith(".js.map"))) {
      const { sourcesContent } = JSON.parse(textOf(path)) as { sourcesContent?: unknown[] };
      expect([path, sourcesContent?.length]).toEqual([path, 1]);
    }
  });
});

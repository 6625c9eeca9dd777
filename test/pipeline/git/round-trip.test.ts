import fc from "fast-check";
import { expect, test } from "vitest";
import { applyPatch, capturePatch, inspectPatch } from "../../../src/pipeline/git/index.ts";
import { type File, git, put, setting } from "./setting.fixture.ts";

const names = ["a.txt", "b c.txt", "dir/ü.txt", 'dir/"q"\t.txt', "deep/er/x.bin", "-dash", "日本"];

const content: fc.Arbitrary<File> = fc.oneof(
  fc
    .array(fc.constantFrom("one", "two", "", "end\r", "-- ", "ünï", "diff --git a/x b/x"), { maxLength: 8 })
    .chain((lines) => fc.constantFrom(lines.join("\n"), `${lines.join("\n")}\n`)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom({ program: "#!/bin/sh\n" }, { program: "one\ntwo\n" }, { link: "a.txt" }, { link: "nowhere" }),
);

/** Attributes by which git changes files on their way in and out. */
const attributes = fc.constantFrom("", "* text=auto\n", "*.txt text eol=crlf\n", "*.txt -text\n", "* binary\n");

const tree = fc.dictionary(fc.constantFrom(...names), content, { minKeys: 1, noNullPrototype: true });
const edits = fc.dictionary(fc.constantFrom(...names), fc.option(content), { noNullPrototype: true });

test("what was captured, read, checked and applied elsewhere gives the same tree", { timeout: 120_000 }, async () => {
  const { repository, pool, checkout } = await setting({ start: "" });
  const treeOf = (index: { git(args: string[]): Promise<{ stdout: Buffer }> }) =>
    index.git(["write-tree"]).then(({ stdout }) => stdout.toString().trim());
  await fc.assert(
    fc.asyncProperty(tree, edits, attributes, async (before, after, lines) => {
      put(checkout, { ...before, ".gitattributes": lines });
      git(checkout, "add", "--all");
      const base = git(checkout, "commit-tree", "-m", "base", git(checkout, "write-tree"));
      const worked = await pool.acquire(base);
      const { folder } = await worked.lend();
      put(folder, after);
      const captured = await capturePatch(worked, base);
      const wanted = await treeOf(worked);
      pool.release(worked);
      if (captured === null) {
        expect(wanted).toBe(git(checkout, "rev-parse", `${base}^{tree}`));
        return;
      }
      const { patch, format, reason } = await inspectPatch(repository, captured, "edits", { tip: base });
      expect([format.passed, reason]).toEqual([true, null]);
      const fresh = await pool.acquire(base);
      const outcome = patch === null ? null : await applyPatch(fresh, patch);
      expect(outcome).toEqual({ applied: true });
      expect(await treeOf(fresh)).toBe(wanted);
      pool.release(fresh);
    }),
    { numRuns: 40 },
  );
});

import { statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/base/make-folder.ts";
import { testFolder } from "../runtime/folder.fixture.ts";

test("makes a folder with all that it lies in, once or again", () => {
  const folder = join(testFolder(), "a", "b", "c");
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test("takes a link to a folder for one", () => {
  const folder = testFolder();
  symlinkSync(testFolder(), join(folder, "link"));
  makeFolder(join(folder, "link", "in", "it"));
  expect(statSync(join(folder, "link", "in", "it")).isDirectory()).toBe(true);
  expect(() => makeFolder(join(folder, "link"))).not.toThrow();
});

test("says what is in the way", () => {
  const folder = testFolder();
  writeFileSync(join(folder, "file"), "");
  expect(() => makeFolder(join(folder, "file"))).toThrow(/^EEXIST: .*file'$/);
  expect(() => makeFolder(join(folder, "file", "below"))).toThrow(/^ENOTDIR: .*below'$/);
  symlinkSync(join(folder, "nowhere"), join(folder, "loose"));
  expect(() => makeFolder(join(folder, "loose"))).toThrow(/^ENOENT: /);
});

test.skipIf(process.platform !== "linux")("returns where no folder can be made", () => {
  expect(() => makeFolder("/proc/pawl")).toThrow(/^ENOENT: .*'\/proc\/pawl'$/);
  expect(() => makeFolder("/proc/pawl/state")).toThrow(/^ENOENT: .*'\/proc\/pawl'$/);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readConfiguration } from "../../../src/pipeline/state/index.ts";

function repositoryWith(text?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-configuration-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  if (text !== undefined) {
    writeFileSync(join(folder, ".pawl.yaml"), text);
  }
  return folder;
}

test("the configuration names who may intervene; without one, or with an empty one, nobody is named", async () => {
  expect(await readConfiguration(repositoryWith("operators: [ines, omar]\n"))).toEqual({ operators: ["ines", "omar"] });
  expect(await readConfiguration(repositoryWith())).toEqual({});
  expect(await readConfiguration(repositoryWith("# nothing yet\n"))).toEqual({});
});

test.each([
  ["operator: [ines]", 'the file: Unrecognized key: "operator"'],
  ["operators: ines", "operators: "],
  ["operators: [ines, 7]", "operators.1: "],
  ['operators: [""]', "operators.0: "],
  ["- ines", "the file: "],
  ["operators: [ines", "YAMLParseError"],
])("a configuration that cannot be what was meant is refused, and lets nobody in: %s", async (text, detail) => {
  const folder = repositoryWith(text);
  await expect(readConfiguration(folder)).rejects.toMatchObject({
    code: "CONFIGURATION_INVALID",
    values: { file: join(folder, ".pawl.yaml"), detail: expect.stringContaining(detail) },
  });
});

test("a configuration that cannot be read is refused: it may name somebody", async () => {
  const folder = repositoryWith();
  mkdirSync(join(folder, ".pawl.yaml"));
  await expect(readConfiguration(folder)).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
});

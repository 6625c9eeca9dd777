import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { setup } from "xstate";
import { openRuntime } from "../../src/runtime/index.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { followTransitions } from "../../src/store/transitions-file.ts";
import { checkStore } from "../runtime/crash/check-store.ts";
import { testFolder } from "../runtime/folder.fixture.ts";

const lamp = setup({}).createMachine({
  initial: "off",
  states: { off: { on: { flip: "on" } }, on: { on: { flip: "off" } } },
});

test("transitions.jsonl that knows more than a database that was put back is cut to what the database says", async () => {
  const folder = testFolder();
  const [file, backup, lines] = ["a.db", "backup.db", "transitions.jsonl"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const flipTwice = async (): Promise<void> => {
    const store = openSqlite({ file });
    const end = followTransitions(store, { file: lines });
    const runtime = await openRuntime({ store, machines: { lamp } });
    const actor = runtime.createActor("lamp", { id: "l" });
    await actor.deliver({ type: "flip" });
    await actor.deliver({ type: "flip" });
    await runtime.close();
    end();
    store.close();
  };
  await flipTwice();
  copyFileSync(file, backup);
  await flipTwice();
  copyFileSync(backup, file);
  await flipTwice();
  expect(checkStore(file, lines)).toMatchObject({ faults: [], linesMissing: 0, audits: 4 });
});

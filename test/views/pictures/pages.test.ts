import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { assign, setup } from "xstate";
import {
  entryJsonOf,
  mermaidOf,
  pictureFiles,
  ssotPage,
  staleFiles,
  statelyOf,
  transitionTableOf,
  writeFiles,
} from "../../../src/views/pictures/index.ts";
import { door, errand } from "./entries.ts";

describe("mermaidOf", () => {
  test("draws one arrow for each two states, with marks and colours", () => {
    expect(mermaidOf(door)).toBe(`---
title: door (orchestration, §1.4, version 1.1.0)
---
stateDiagram-v2
  direction LR
  [*] --> closed
  closed --> open: push
  open --> closed: pull
  open --> stuck: jam [since 1.1.0]
  stuck --> closed: override_free [override]
  open --> gone: remove<br/>burn
  gone --> [*]
  classDef initial fill:#dbe4ff,stroke:#364fc7,color:#212529
  class closed initial
  classDef normal fill:#f8f9fa,stroke:#495057,color:#212529
  class open,stuck normal
  classDef other_end fill:#e9ecef,stroke:#868e96,color:#212529,stroke-width:4px
  class gone other_end
  classDef added stroke-dasharray:6 3
  class stuck added
`);
  });

  test("puts what comes from many states into a note, and sets off a way", () => {
    const text = mermaidOf(errand, {
      present: "queued",
      way: [{ from: "pending", to: "queued", trigger: "scheduler_assigned" }],
    });
    expect(text).toContain("  note left of cancelled\n    user_cancelled from all but the ends\n  end note\n");
    expect(text).toContain("  pending --> queued: scheduler_assigned (1)\n");
    expect(text).toContain("  class queued present\n");
    expect(text).toContain("  class pending visited\n");
  });
});

describe("transitionTableOf", () => {
  test("lists all transitions by state, and escapes what would end a cell", () => {
    const [push] = door.transitions;
    const guarded = {
      ...door,
      transitions: [...door.transitions.slice(1), { ...(push as typeof push & object), guard: "a | b" }],
    };
    const lines = transitionTableOf(guarded).split("\n");
    expect(lines).toHaveLength(8);
    expect(lines[2]).toBe("| `closed` | `open` | `push` | a \\| b | info | 1.0.0 | 1.4 | push makes it open |");
    expect(lines.at(-1)).toContain("| `override_free` (override) |");
  });
});

describe("ssotPage", () => {
  const page = ssotPage([errand, door].toSorted((a, b) => a.namespace.localeCompare(b.namespace)));

  test("has front matter and an index that a program can read", () => {
    expect(
      page.startsWith("---\ndoc_id: DOC-SSOT-STATE-MACHINES-001\nversion: 1.1.0\nscope:\n  - orchestration/door\n"),
    ).toBe(true);
    const index: unknown = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(page)?.[1] ?? "");
    expect(index).toMatchObject({
      doc_id: "DOC-SSOT-STATE-MACHINES-001",
      machines: [
        { name: "door", states: ["closed", "open", "stuck", "gone"], transitions: 6, pairs: 4 },
        { name: "errand", initial: "pending", terminal: ["completed", "failed", "cancelled"] },
      ],
      strict_1_0_0: { states: 12, pairs: 14 },
    });
  });

  test("has its sections in order, each machine in that of its namespace", () => {
    expect(page.match(/^##+ .*$/gm)).toEqual([
      "## Index",
      "## 1. Orchestration (`orchestration`)",
      "### 1.4 door",
      "## 2. UET (`uet`)",
      "### 1.4 errand",
      "## 3. Cross-machine derivation",
      "## 4. Persistence",
      "## 5. Events",
      "## 6. Recovery",
      "## 7. Change log",
      "## 8. Traceability",
    ]);
  });

  test("logs each addition since 1.0.0 and traces all to its section", () => {
    const log = page.slice(page.indexOf("## 7."), page.indexOf("## 8."));
    expect(log).toContain("| 1.1.0 | `door` | state `stuck` | it is stuck |");
    expect(log).toContain("| 1.1.0 | `door` | `stuck` → `closed` on `override_free` (override) |");
    expect(log.match(/^\| 1\.1\.0 /gm)).toHaveLength(3 + 24);
    expect(page.slice(page.indexOf("## 8."))).toContain("| §1.4 | `door` | 4 | 6 |");
  });
});

describe("statelyOf", () => {
  test("is the machine's definition as JSON, code given by its name", () => {
    const machine = setup({ guards: { isFree: () => true } }).createMachine({
      id: "gate",
      context: { count: 0 },
      initial: "shut",
      states: {
        shut: { on: { lift: { guard: "isFree", target: "up", actions: [assign({ count: 1 }), function ring() {}] } } },
        up: {},
      },
    });
    expect(JSON.parse(statelyOf({ ...door, machine }))).toMatchObject({
      id: "gate",
      states: { shut: { on: { lift: { guard: "isFree", actions: [{ type: "xstate.assign" }, { type: "ring" }] } } } },
    });
    expect(JSON.parse(entryJsonOf(door))).toMatchObject({ name: "door", transitions: { length: 6 } });
    expect(entryJsonOf(door)).not.toContain('"machine"');
  });
});

describe("the generated files", () => {
  test("are stale until written, and again when one was changed, removed or is left over", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "pawl-pictures-"));
    const files = pictureFiles([door]);
    const names = ["SSOT.md", "orchestration/door.md", "orchestration/door.mmd", "orchestration/door.svg"];
    expect(await staleFiles(path.join(folder, "none"), files)).toEqual(names);
    expect(await writeFiles(folder, files)).toEqual(names);
    expect(await staleFiles(folder, files)).toEqual([]);

    await writeFile(path.join(folder, "orchestration/door.mmd"), "edited");
    await rm(path.join(folder, "SSOT.md"));
    await mkdir(path.join(folder, "uet"));
    await writeFile(path.join(folder, "uet/gone.svg"), "<svg/>");
    await writeFile(path.join(folder, "notes.txt"), "not generated");
    const stale = ["SSOT.md", "orchestration/door.mmd", "uet/gone.svg"];
    expect(await staleFiles(folder, files)).toEqual(stale);
    expect(await writeFiles(folder, files)).toEqual(stale);
    expect(await staleFiles(folder, files)).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(["SSOT.md", "notes.txt", "orchestration", "uet"]);
    await rm(folder, { recursive: true });
  });
});

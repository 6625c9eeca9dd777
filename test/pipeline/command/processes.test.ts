import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { familyOf, type ProcessInfo } from "../../../src/pipeline/command/process-info.ts";
import { systemProcesses } from "../../../src/pipeline/command/processes.ts";
import { linuxProcesses } from "../../../src/pipeline/command/processes-linux.ts";
import { psProcesses } from "../../../src/pipeline/command/processes-ps.ts";
import { temporaryFolder } from "./setting.fixture.ts";

const info = (pid: number, parent: number): ProcessInfo => ({ pid, parent, group: pid, session: pid, start: 0 });

test.each([
  ["of this system", systemProcesses],
  ["of ps", psProcesses()],
])("the processes %s show this one, its parent and a child with a group of its own", (_, processes) => {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const all = processes.all();
  const find = (pid: number | undefined): ProcessInfo | undefined => all.find((info) => info.pid === pid);
  expect(find(process.pid)).toMatchObject({ parent: process.ppid });
  expect(find(child.pid)).toMatchObject({ parent: process.pid, group: child.pid, session: child.pid });
  expect(find(child.pid)?.start).toBeGreaterThanOrEqual(find(process.pid)?.start ?? Number.NaN);
  const known = [find(child.pid) as ProcessInfo];
  expect(processes.stillAlive(known)).toEqual(known);
  expect(processes.stillAlive(known.map((info) => ({ ...info, start: info.start - 1 })))).toEqual([]);
});

test.runIf(process.platform === "linux")("a process whose name has blanks and brackets is read right", async () => {
  const program = join(temporaryFolder(), "a) Z 1 (b");
  copyFileSync("/bin/sleep", program);
  const child = spawn(program, ["600"], { detached: true, stdio: "ignore", env: { PAWL_EFFECT: "s/e", OTHER: "x" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  expect(systemProcesses.all().find((info) => info.pid === pid)).toMatchObject({ parent: process.pid, group: pid });
  expect(systemProcesses.markerOf(pid)).toBe("s/e");
  expect(systemProcesses.markerOf(process.pid)).toBeUndefined();
});

test.runIf(process.platform === "linux")(
  "a process that becomes one program after another keeps its marker",
  async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "again.sh"), "exec sh again.sh\n");
    // More than one page, of which a reader gets a part when the program changes under it.
    const env = { FILL: "x".repeat(9000), PAWL_EFFECT: "s/é" };
    const child = spawn("/bin/sh", ["again.sh"], {
      cwd: folder,
      stdio: "ignore",
      env: { PATH: process.env.PATH, ...env },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    const seen = new Set(Array.from({ length: 2000 }, () => systemProcesses.markerOf(child.pid ?? 0)));
    expect([...seen]).toEqual(["s/é"]);
  },
);

test.runIf(process.platform === "linux")("a process without an environment has no marker, at once", async () => {
  const child = spawn("/bin/sleep", ["600"], { stdio: "ignore", env: {} });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const wait = vi.spyOn(Atomics, "wait");
  onTestFinished(() => wait.mockRestore());
  expect(systemProcesses.markerOf(child.pid ?? 0)).toBeUndefined();
  expect(wait).not.toHaveBeenCalled();
});

test("a boot that the system does not name is taken for no other one", () => {
  const [first, second] = [linuxProcesses("/proc/no-such-file"), linuxProcesses("/proc/no-such-file")];
  expect(first.boot).toMatch(/\S/);
  expect(first.boot).toBe(first.boot);
  expect(first.boot).not.toBe(second.boot);
});

test("a family is the chosen and all their descendants, but never this process or its ancestors", () => {
  const me = process.pid;
  const all = [info(10, 1), info(13, 12), info(12, 11), info(11, 10), info(20, 1), info(me, 20), info(21, me)];
  const family = (...pids: number[]): number[] =>
    familyOf(all, ({ pid }) => pids.includes(pid))
      .map(({ pid }) => pid)
      .sort((a, b) => a - b);
  expect(family(11)).toEqual([11, 12, 13]);
  expect(family(10)).toEqual([10, 11, 12, 13]);
  expect(family(20, me)).toEqual([]);
  expect(family()).toEqual([]);
});

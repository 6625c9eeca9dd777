import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holdsControlsBesidesLayout } from "../../../src/base/control-characters.ts";
import { createRedactor } from "../../../src/base/secrets.ts";
import { systemClock } from "../../../src/base/time.ts";
import { readLog, runCommand } from "../../../src/pipeline/command/index.ts";
import { OutputLog } from "../../../src/pipeline/command/output-log.ts";
import { appears, seenIn } from "../../waiting.fixture.ts";
import { commandSpec, temporaryFolder } from "./setting.fixture.ts";

const kept = 64 * 1024;
const node = process.execPath;

describe("a short output", () => {
  test("is kept as it is, each of the two in its file", async () => {
    const spec = commandSpec("echo out; echo err >&2");
    const result = await runCommand(spec);
    expect(readFileSync(spec.stdoutFile, "utf8")).toBe("out\n");
    expect(readFileSync(spec.stderrFile, "utf8")).toBe("err\n");
    expect(result.stdout).toEqual({
      totalBytes: 4,
      leftOutBytes: 0,
      file: spec.stdoutFile,
      tail: "out\n",
      writeError: null,
    });
  });

  test("is kept byte by byte if it is binary, and shown as text", async () => {
    const script = "process.stdout.write(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))";
    const spec = commandSpec([node, "-e", script]);
    const { stdout } = await runCommand(spec);
    expect([...readFileSync(spec.stdoutFile)]).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
    expect(stdout.tail).toContain(" !\"#$%&'()*+,-./0123456789");
    expect(holdsControlsBesidesLayout(stdout.tail)).toBe(false);
  });

  test("can be read while its command runs", async () => {
    const cwd = temporaryFolder();
    const spec = commandSpec("echo first; until [ -e go ]; do sleep 0.01; done; echo second", { cwd });
    const running = runCommand(spec);
    await appears(spec.stdoutFile);
    await seenIn(dirname(spec.stdoutFile), () => readFileSync(spec.stdoutFile, "utf8") === "first\n");
    writeFileSync(join(cwd, "go"), "");
    await running;
    expect(readFileSync(spec.stdoutFile, "utf8")).toBe("first\nsecond\n");
  });

  test("has no secrets in its file and its tail", async () => {
    const secrets = createRedactor(new Map([["TOKEN", "s3cr3t-value"]]));
    const spec = commandSpec("printf 'a s3cr3t-'; sleep 0.02; echo 'value b'; echo s3cr3t-value >&2", { secrets });
    const result = await runCommand(spec);
    expect(readFileSync(spec.stdoutFile, "utf8")).toBe("a [secret TOKEN] b\n");
    expect(readFileSync(spec.stderrFile, "utf8")).toBe("[secret TOKEN]\n");
    expect(result.stdout.tail).toBe("a [secret TOKEN] b\n");
    expect(result.stdout.totalBytes).toBe(17);
  });

  test("is whole where it ends as a secret begins", async () => {
    const secrets = createRedactor(new Map([["TOKEN", "s3cr3t-value"]]));
    const spec = commandSpec("printf 'a s3cr3t-'", { secrets });
    expect((await runCommand(spec)).stdout.tail).toBe("a s3cr3t-");
    expect(readFileSync(spec.stdoutFile, "utf8")).toBe("a s3cr3t-");
  });

  test("is shown from a whole character on", async () => {
    const { stdout } = await runCommand(commandSpec([node, "-e", "process.stdout.write('\u20ac'.repeat(2_000))"]));
    expect(stdout.tail).toMatch(/^\u20ac{1365}$/);
  });
});

describe("a long output", () => {
  test("is kept to its first and last 64 KiB with a line between", async () => {
    const bytes = 300_000;
    const script = `process.stdout.write(Buffer.from(Array.from({ length: ${bytes} }, (_, at) => (at * 7 + (at >> 8)) & 255)))`;
    const all = Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8)) & 255));
    const spec = commandSpec([node, "-e", script]);
    const { stdout } = await runCommand(spec);
    expect(stdout).toMatchObject({ totalBytes: bytes, leftOutBytes: bytes - 2 * kept });
    const line = Buffer.from(`\n[pawl: ${bytes - 2 * kept} bytes left out]\n`);
    const expected = Buffer.concat([all.subarray(0, kept), line, all.subarray(bytes - kept)]);
    expect(readFileSync(spec.stdoutFile).equals(expected)).toBe(true);
  });

  test.each([2 * kept - 1, 2 * kept])("of %d bytes still fits", async (bytes) => {
    const spec = commandSpec(["head", "-c", String(bytes), "/dev/zero"]);
    expect((await runCommand(spec)).stdout).toMatchObject({ totalBytes: bytes, leftOutBytes: 0 });
    expect(readFileSync(spec.stdoutFile)).toHaveLength(bytes);
  });

  test("of 300 MB is drained at speed, and memory stays flat", async () => {
    const megabytes = 300;
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    const secrets = createRedactor(new Map([["TOKEN", "s3cr3t-value"]]));
    const spec = commandSpec(`head -c ${megabytes}000000 /dev/zero; echo end`, { secrets });
    const result = await runCommand(spec);
    clearInterval(watch);
    expect(result.exitCode).toBe(0);
    expect(result.stdout.totalBytes).toBe(megabytes * 1e6 + 4);
    expect(readFileSync(spec.stdoutFile).subarray(-4).toString()).toBe("end\n");
    expect(readFileSync(spec.stdoutFile).length).toBeLessThan(2 * kept + 60);
    expect(result.durationMs).toBeLessThan(15_000);
    expect((peak - before) / 1e6).toBeLessThan(100);
  });

  test("shows its end while its command runs", async () => {
    const cwd = temporaryFolder();
    const spec = commandSpec("head -c 200000 /dev/zero; echo; echo waiting; until [ -e go ]; do sleep 0.01; done", {
      cwd,
    });
    const running = runCommand(spec);
    await appears(spec.stdoutFile);
    await seenIn(dirname(spec.stdoutFile), () => readFileSync(spec.stdoutFile, "utf8").endsWith("waiting\n"));
    writeFileSync(join(cwd, "go"), "");
    expect((await running).stdout.tail).toMatch(/\nwaiting\n$/);
  });

  test("is the same on disk however it comes", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, async (sizes) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const all = Buffer.from(Array.from({ length: total }, (_, at) => (at * 31 + (at >> 7)) & 255));
        const file = join(temporaryFolder(), "log");
        const log = new OutputLog({ file, secrets: undefined, clock: systemClock });
        let at = 0;
        for (const size of sizes) {
          log.write(all.subarray(at, at + size));
          at += size;
          await new Promise((resolve) => setImmediate(resolve));
        }
        const output = await log.end();
        const line = Buffer.from(`\n[pawl: ${total - 2 * kept} bytes left out]\n`);
        const expected =
          total <= 2 * kept ? all : Buffer.concat([all.subarray(0, kept), line, all.subarray(total - kept)]);
        expect(output.file).toBe(total === 0 ? null : file);
        const written = total === 0 ? Buffer.alloc(0) : readFileSync(file);
        expect(sha(written)).toBe(sha(expected));
      }),
      { numRuns: 60 },
    );
  });
});

test("a log that cannot be written is said, and does not fail its command", async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, "logs"), "a file where the folder should be");
  const result = await runCommand(commandSpec("echo hello; echo more >&2", { cwd }));
  expect(result).toMatchObject({ exitCode: 0, stdout: { totalBytes: 6, file: null, tail: "hello\n" } });
  expect(result.stdout.writeError).toMatch(/^(ENOTDIR|EEXIST)/);
});

describe("a log on a screen", () => {
  test("is cut at characters on both sides of the line", async () => {
    const spec = commandSpec([node, "-e", "process.stdout.write('x' + 'é'.repeat(100000) + '\\n')"]);
    await runCommand(spec);
    const [start, line, end] = (await readLog(spec.stdoutFile)).split("\n");
    expect(start).toBe(`x${"é".repeat((kept - 2) / 2)}`);
    expect(line).toBe(`[pawl: ${200_002 - 2 * kept} bytes left out]`);
    expect(end).toBe("é".repeat((kept - 2) / 2));
  });

  test("is a short one as it is", async () => {
    const spec = commandSpec("echo one; printf '\\033[31mred\\033[0m\\r\\n'");
    await runCommand(spec);
    expect(await readLog(spec.stdoutFile)).toBe("one\nred\n");
  });
});

function sha(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

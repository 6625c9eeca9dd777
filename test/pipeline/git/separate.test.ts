import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { runGit, runHere } from "../../../src/pipeline/git/process.ts";
import { SeparateGit } from "../../../src/pipeline/git/separate-process.ts";
import { checkoutWith, temporaryFolder } from "./setting.fixture.ts";

async function separate(): Promise<SeparateGit> {
  const git = new SeparateGit();
  onTestFinished(() => git.close());
  await git.start();
  return git;
}

/** Ids of the processes that run git for this one. */
function spawners(): number[] {
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  const fields = processes.map((line) => line.trim().split(/\s+/));
  const own = fields.filter(
    ([, parent, ...args]) => parent === String(process.pid) && /spawner-process/.test(args.join(" ")),
  );
  return own.map(([pid]) => Number(pid));
}

describe("git that a process of its own runs", () => {
  test("answers as it does here: status, bytes, what it says of a fault", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const { run } = await separate();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    for (const call of [
      { cwd, args: ["hash-object", "-w", "--stdin"], input: bytes },
      { cwd, args: ["cat-file", "blob", "c86626638e0bc8cf47ca49bb1525b40e9737ee64"] },
      { cwd, args: ["rev-parse", "--verify", "no-such-name"] },
      {
        cwd,
        args: ["var", "GIT_AUTHOR_IDENT"],
        env: { GIT_AUTHOR_NAME: "Zoë", GIT_AUTHOR_EMAIL: "z@x", GIT_AUTHOR_DATE: "@0 +0000" },
      },
      { cwd: join(cwd, "nowhere"), args: ["status"] },
      { cwd, args: ["status"], env: { GIT_AUTHOR_NAME: "n".repeat(200_000) } },
    ]) {
      const [there, here] = [await run(call), await runHere(call)];
      expect(JSON.stringify(there)).toBe(JSON.stringify(here));
    }
    const { stdout } = await runGit(
      { cwd, args: ["cat-file", "blob", "c86626638e0bc8cf47ca49bb1525b40e9737ee64"] },
      run,
    );
    expect(stdout.equals(bytes)).toBe(true);
  });

  test("answers each question by itself, however many are asked at once", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const { run } = await separate();
    const asked = Array.from({ length: 20 }, (_, index) => `value-${index}`);
    const answers = asked.map((value) => runGit({ cwd, args: ["-c", `pawl.x=${value}`, "config", "pawl.x"] }, run));
    expect((await Promise.all(answers)).map(({ stdout }) => stdout.toString().trim())).toEqual(asked);
  });

  test("finds the certificates that this process was told of", async () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "/etc/ours.pem");
    onTestFinished(() => void vi.unstubAllEnvs());
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const args = ["-c", 'alias.told=!echo $NODE_EXTRA_CA_CERTS; echo "[$PAWL_SET_ASIDE_CA_CERTS]"', "told"];
    const { stdout } = await runGit({ cwd, args }, (await separate()).run);
    expect(stdout.toString()).toBe("/etc/ours.pem\n[]\n");
  });

  test("is missing where it is missing", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    vi.stubEnv("PATH", temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(runGit({ cwd, args: ["status"] }, (await separate()).run)).rejects.toMatchObject({
      code: "GIT_MISSING",
    });
  });

  test("that is killed fails what was asked, and runs again for the next question", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const git = await separate();
    const { run } = git;
    await run({ cwd, args: ["version"] });
    const [spawner = 0] = spawners();
    const hanging = runGit({ cwd, args: ["-c", "alias.hang=!echo $$ > ../pid; exec sleep 600", "hang"] }, run);
    const failure = hanging.then(
      () => "ended",
      (error: unknown) => error,
    );
    await vi.waitUntil(() => {
      try {
        return readFileSync(join(cwd, "../pid"), "utf8").endsWith("\n");
      } catch {
        return false;
      }
    }, 10_000);
    onTestFinished(() => void process.kill(Number(readFileSync(join(cwd, "../pid"), "utf8")), "SIGKILL"));
    process.kill(spawner, "SIGKILL");
    expect(await failure).toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("the process that ran it ended (SIGKILL)"),
    });
    expect((await runGit({ cwd, args: ["version"] }, run)).stdout.toString()).toMatch(/^git version/);
    await git.start();
    expect(spawners()).toHaveLength(1);
    expect(spawners()).not.toContain(spawner);
  });

  test("keeps nobody waiting: until it is up, git runs here", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const git = new SeparateGit();
    onTestFinished(() => git.close());
    const parentOfGit = ["-c", "alias.parent=!ps -o ppid= -p $PPID", "parent"];
    const parent = async (): Promise<number> => Number((await runGit({ cwd, args: parentOfGit }, git.run)).stdout);
    expect(await parent()).toBe(process.pid);
    await git.start();
    expect(await parent()).toBe(spawners()[0]);
  });

  test("runs here where no process can be started, and there again once one can", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const git = new SeparateGit();
    onTestFinished(() => git.close());
    const node = process.execPath;
    onTestFinished(() => void Object.assign(process, { execPath: node }));
    process.execPath = join(temporaryFolder(), "node");
    await git.start();
    expect((await runGit({ cwd, args: ["version"] }, git.run)).stdout.toString()).toMatch(/^git version/);
    process.execPath = node;
    await git.start();
    await git.start();
    expect(spawners()).toHaveLength(1);
  });

  test("ends when it is closed", async () => {
    const cwd = checkoutWith({ "a.txt": "one\n" });
    const git = new SeparateGit();
    await git.start();
    await git.run({ cwd, args: ["version"] });
    expect(spawners()).toHaveLength(1);
    git.close();
    await vi.waitUntil(() => spawners().length === 0, 10_000);
  });
});

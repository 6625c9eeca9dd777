import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { PawlError } from "../../../src/base/errors/index.ts";
import { type Clock, systemClock } from "../../../src/base/time.ts";
import { askRunning, Inbox, type RunRequest } from "../../../src/pipeline/run/inbox.ts";

function folderOfRequests(): string {
  const folder = mkdtempSync(join(tmpdir(), "pawl-inbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const request = (id: string): RunRequest => ({ id, run: "p-1", asked: { kind: "cancel", operator: "ines" } });
const patient = { clock: systemClock, waitMs: 30_000 };

/** An inbox that notes what it takes. */
async function opened(
  folder: string,
  take: (asked: RunRequest) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly taken: string[] }> {
  const taken: string[] = [];
  const inbox = await Inbox.open(folder, systemClock, (asked) => {
    taken.push(asked.id);
    return take(asked);
  });
  onTestFinished(() => inbox.close());
  return { taken };
}

/** A clock on which each wait is over at once; told of each, with the time that it ends at. */
function fastClock(waited: (now: number) => void = () => undefined): Clock {
  let now = 0;
  return {
    ...systemClock,
    monotonic: () => now,
    setTimeout: (run, delayMs) => {
      now += delayMs;
      waited(now);
      return setImmediate(run);
    },
  };
}

describe("a request to the process that works on a run", () => {
  test("is carried out, or refused with the reason", async () => {
    const folder = folderOfRequests();
    const { taken } = await opened(folder, ({ id }) =>
      id === "b" ? Promise.reject(new PawlError("RUN_ENDED", { run: "p-1", state: "failed" })) : Promise.resolve(),
    );
    await askRunning(folder, request("a"), patient);
    const { code, message, fix, exitStatus } = new PawlError("RUN_ENDED", { run: "p-1", state: "failed" });
    await expect(askRunning(folder, request("b"), patient)).rejects.toMatchObject({ code, message, fix, exitStatus });
    expect(taken).toEqual(["a", "b"]);
  });

  test("that fails inside the other process is refused as an error inside Pawl", async () => {
    const folder = folderOfRequests();
    await opened(folder, () => Promise.reject(new TypeError("x is not a function")));
    await expect(askRunning(folder, request("a"), patient)).rejects.toMatchObject({
      code: "INTERNAL",
      message: expect.stringContaining("x is not a function"),
    });
  });

  test("refused by another build with what this one does not know is refused all the same", async () => {
    const folder = folderOfRequests();
    const refused = { code: "OF_TOMORROW", message: "the moon is full", fix: "Wait." };
    writeFileSync(join(folder, "a.answer"), JSON.stringify({ refused }));
    await expect(askRunning(folder, request("a"), patient)).rejects.toMatchObject({
      code: "INTERVENTION_REFUSED",
      message: "the moon is full (OF_TOMORROW)",
      fix: "Wait.",
    });
  });

  test("is withdrawn when nobody takes it: nobody carries out later what was said not to be done", async () => {
    const folder = folderOfRequests();
    const hasty = { clock: fastClock(), waitMs: 30_000 };
    await expect(askRunning(folder, request("early"), hasty)).rejects.toMatchObject({ code: "NOBODY_ANSWERED" });
    const { taken } = await opened(folder);
    await askRunning(folder, request("later"), patient);
    expect(taken).toEqual(["later"]);
  });

  test("that cannot be withdrawn is not said to be", async () => {
    const folder = folderOfRequests();
    // Somebody put a folder in its place, which is no file to take away.
    const clock = fastClock((now) => {
      if (now === 50) {
        rmSync(join(folder, "a.json"));
        mkdirSync(join(folder, "a.json"));
      }
    });
    const code = expect.stringMatching(/^(EISDIR|EPERM)$/);
    await expect(askRunning(folder, request("a"), { clock, waitMs: 1_000 })).rejects.toMatchObject({ code });
  });

  test("that was taken late is waited for again as long, and then said to be open", async () => {
    const folder = folderOfRequests();
    let finish = (): void => undefined;
    const carriedOut = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun = (): void => undefined;
    const taking = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await opened(folder, () => {
      begun();
      return carriedOut;
    });
    let isTaken = false;
    void taking.then(() => {
      isTaken = true;
    });
    /** Time goes on only once the request was taken. */
    const after = (waited: (now: number) => void): Clock => {
      const fast = fastClock(waited);
      return {
        ...fast,
        setTimeout: (run, delayMs) => (isTaken ? fast.setTimeout(run, delayMs) : setImmediate(run)),
      };
    };
    const waits: number[] = [];
    const first = askRunning(folder, request("a"), { clock: after((now) => waits.push(now)), waitMs: 30_000 });
    await expect(first).rejects.toMatchObject({ code: "ANSWER_OVERDUE", message: expect.stringContaining("60 s") });
    expect(waits.at(-1)).toBe(60_000);
    const second = askRunning(folder, request("b"), patient);
    finish();
    await second;
    // The answer that came too late is there until the next process opens the folder.
    expect(readdirSync(folder)).toEqual(["a.answer"]);
  });
});

describe("an inbox", () => {
  test("lets be what it cannot take, and takes what comes after it", async () => {
    const folder = folderOfRequests();
    mkdirSync(join(folder, "a.json"));
    writeFileSync(join(folder, "b.json"), "no request");
    // Where its answer belongs there is a folder.
    mkdirSync(join(folder, "c.answer.new"));
    writeFileSync(join(folder, "c.json"), JSON.stringify(request("c")));
    const { taken } = await opened(folder);
    await askRunning(folder, request("d"), patient);
    expect(taken).toEqual(["c", "d"]);
    expect(readdirSync(folder).sort()).toEqual(["a.json", "c.answer.new", "c.json.taken"]);
  });

  test("waits for nobody to write into a pipe", async () => {
    const folder = folderOfRequests();
    execFileSync("mkfifo", [join(folder, "a.json")]);
    const { taken } = await opened(folder);
    await askRunning(folder, request("b"), patient);
    expect(taken).toEqual(["b"]);
  });

  test("takes away answers that nobody fetched, and what a killed process had taken", async () => {
    const folder = folderOfRequests();
    for (const name of ["a.answer", "b.answer.new", "c.json.taken"]) {
      writeFileSync(join(folder, name), JSON.stringify(request("c")));
    }
    const { taken } = await opened(folder);
    await askRunning(folder, request("d"), patient);
    expect(taken).toEqual(["d"]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { type StateValue, setup } from "xstate";
import {
  describePaths,
  type PathRunner,
  type PathSubject,
  pathsFor,
  replayPath,
  startBare,
} from "../../src/testing/index.ts";
import { loader, loaderAnswers, lock } from "./machines.ts";

const set = await describePaths(loader, { title: "the loader, registered with vitest", results: loaderAnswers });

describe("describePaths", () => {
  test("gives back the paths it registered", () => {
    expect([set.cover, set.uncovered]).toEqual(["transitions", []]);
  });

  test("registers one case a path with the runner it is given, without waiting", async () => {
    const recorded = recordingRunner();
    void describePaths(loader, { cover: "states", results: loaderAnswers, runner: recorded.runner });
    expect(recorded.heading).toEqual(["loader"]);
    expect(recorded.cases.map(([name]) => name)).toContain("reaches done: load, loaded");
    for (const [, run] of recorded.cases) {
      await run();
    }
  });

  test("hands the subject all events, timers and answers too, and stops it", async () => {
    const seen: string[] = [];
    const recorded = recordingRunner();
    await describePaths(loader, {
      results: loaderAnswers,
      runner: recorded.runner,
      subject: () => listening(startBare(loader), seen),
    });
    for (const [, run] of recorded.cases) {
      await run();
    }
    expect(seen).toContain("xstate.after.500.loader.waiting");
    expect(seen.filter((entry) => entry === "stopped")).toHaveLength(recorded.cases.length);
  });

  test("fails where the subject is somewhere else, and says after which event", async () => {
    const { paths } = pathsFor(loader, { cover: "states", results: loaderAnswers });
    const stuck = () => ({ ...startBare(loader), send: () => undefined });
    await expect(replayPath(paths[0] as (typeof paths)[0], stuck)).rejects.toThrow(
      "after load the subject is in idle, the machine in loading",
    );
  });

  test("stops the subject also when it failed", async () => {
    const { paths } = pathsFor(loader, { cover: "states", results: loaderAnswers });
    const seen: string[] = [];
    const wrong: StateValue = "elsewhere";
    const subject = () => ({ ...listening(startBare(loader), seen), state: () => wrong });
    await expect(replayPath(paths[0] as (typeof paths)[0], subject)).rejects.toThrow("after its start");
    expect(seen).toEqual(["stopped"]);
  });
});

describe("startBare", () => {
  test("starts no actor and no timer, and throws what the machine throws", () => {
    const running = startBare(loader);
    running.send({ type: "load" });
    expect([running.state(), running.context()]).toEqual(["loading", { name: "", tries: 1 }]);
    const closed = startBare(lock, { input: { code: "1" } });
    for (const code of ["2", "3", "4"]) {
      closed.send({ type: "enter", code } as { type: string });
    }
    expect(closed.state()).toBe("sealed");
    expect(() => closed.send({ type: "reset" })).toThrow("hasOperator");
  });

  test("throws what the machine throws when it starts", () => {
    const broken = setup({}).createMachine({
      context: () => {
        throw new Error("no context");
      },
    });
    expect(() => startBare(broken)).toThrow("no context");
  });

  test("tells what went wrong first, also of a subject that cannot be stopped then or has no state", async () => {
    const [path] = pathsFor(loader, { cover: "states", results: loaderAnswers }).paths;
    const subject = (stop: () => void, state: unknown) => (): PathSubject => ({
      start: () => undefined,
      send: () => undefined,
      state: () => state as StateValue,
      stop,
    });
    const unstoppable = () => {
      throw new Error("no connection");
    };
    for (const state of ["elsewhere", undefined, null]) {
      const replayed = replayPath(path as NonNullable<typeof path>, subject(unstoppable, state));
      await expect(replayed).rejects.toMatchObject({ code: "TESTING_SUBJECT_DIVERGED" });
      await expect(replayed).rejects.toThrow(`after its start the subject is in ${state}`);
    }
  });
});

function recordingRunner() {
  const heading: string[] = [];
  const cases: [string, () => Promise<void>][] = [];
  const runner: PathRunner = {
    describe(name, define) {
      heading.push(name);
      define();
    },
    test: (name, run) => cases.push([name, run]),
  };
  return { heading, cases, runner };
}

function listening(subject: PathSubject, seen: string[]): PathSubject {
  return {
    start: subject.start,
    state: subject.state,
    send(event) {
      seen.push(event.type);
      return subject.send(event);
    },
    stop() {
      seen.push("stopped");
      return subject.stop();
    },
  };
}

import { describe, expect, test } from "vitest";
import { coverageOf, pathsFor } from "../../src/testing/index.ts";
import { loader, loaderAnswers, player } from "./machines.ts";

describe("coverageOf", () => {
  test("is complete for paths made to cover the transitions", () => {
    const { paths } = pathsFor(loader, { cover: "transitions", results: loaderAnswers });
    const coverage = coverageOf(loader, paths);
    expect([coverage.states.percent, coverage.transitions.percent]).toEqual([100, 100]);
    expect(coverage.transitions.covered).toHaveLength(7);
  });

  test("names what one path leaves out", () => {
    const { paths } = pathsFor(loader, { cover: "states", results: loaderAnswers });
    const coverage = coverageOf(loader, paths.slice(0, 1));
    expect(coverage.states.missing).toEqual(["loader.waiting", "loader.failed"]);
    expect(coverage.states.percent).toBe(60);
    expect(coverage.transitions.missing).toContain("loader.waiting: after 500 ms");
  });

  test("reads recorded transitions: an outer state stands for those within it", () => {
    const coverage = coverageOf(player, [
      { from: "off", to: "on", trigger: "power" },
      { from: "on.stopped", to: "on.playing", trigger: "play" },
    ]);
    expect(coverage.transitions.covered).toEqual(["player.off: power", "player.on.stopped: play"]);
    expect(coverage.states.covered).toEqual(["player.off", "player.on", "player.on.stopped", "player.on.playing"]);
  });

  test("counts a record for every variant with its ends, and a record of nothing for none", () => {
    const failed = coverageOf(loader, [
      { from: "loading", to: "failed", trigger: "xstate.error.actor.0.loader.loading" },
    ]);
    expect(failed.transitions.covered).toEqual(["loader.loading: fetchUser failed #2"]);
    expect(coverageOf(loader, [{ from: "idle", to: "done", trigger: "load" }]).transitions.covered).toEqual([]);
    expect(coverageOf(loader, []).states.percent).toBe(0);
  });
});

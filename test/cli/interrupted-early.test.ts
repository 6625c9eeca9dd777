import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { says } from "../printed.fixture.ts";
import { appears } from "../waiting.fixture.ts";
import { type Place, placeWith, planOf } from "./pawl.fixture.ts";
import { slowPlace } from "./slow.fixture.ts";

/** Has each git that Pawl starts do something first. */
function gitBegins(place: Place, first: string): void {
  const git = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  place.write("bin/git", `#!/bin/sh\n${first}\nexec ${git} "$@"\n`);
  chmodSync(join(place.folder, "bin/git"), 0o755);
  place.env["PATH"] = `${join(place.folder, "bin")}:${process.env["PATH"]}`;
}

describe("a run that is interrupted before its work has begun", () => {
  test("Ctrl-C while all is still being opened is heard", async () => {
    const place = slowPlace();
    place.write("go", "");
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, ".state/repository"));
    pawl.kill("SIGINT");
    const { status, stdout } = await ended;
    expect([status, stdout]).toEqual([130, expect.stringContaining("pawl resume p-1")]);
    expect(place.pawl("resume").status).toBe(0);
    expect(place.git("show", "pawl/p-1:second.txt")).toBe("2");
  });

  test("Ctrl-C while resume still looks at what there is begins nothing, and the process ends", async () => {
    const task = "echo begin >> $LOG; touch $MARK; until [ -e $GO ]; do sleep 0.02; done";
    const place = placeWith(`pawl: 1
name: p
base: main
workstreams:
  - { id: merged, tasks: [{ id: t, run: 'echo a > a.txt' }] }
  - { id: next, depends_on: [merged], tasks: [{ id: t, run: '${task}' }] }
`);
    const named = (name: string) => join(place.folder, name);
    place.env = { LOG: named("log"), MARK: named("mark"), GO: named("go") };
    const killed = place.start("run", "plan.yaml");
    await appears(named("mark"));
    killed.process.kill("SIGKILL");
    await killed.ended;
    Object.assign(place.env, { ASKED: named("asked"), STOPPING: named("stopping"), ANSWER: named("answer") });
    const asked = 'touch "$ASKED"; until [ -e "$ANSWER" ]; do sleep 0.02; done';
    // What the summary asks takes its time: long enough for work to begin meanwhile, if it does.
    const summary = '[ ! -e "$STOPPING" ] || sleep 1';
    gitBegins(place, `case "$*" in *refs/pawl/p-1/*) ${asked};; *"--reverse --format"*) ${summary};; esac`);
    const { process: pawl, ended } = place.start("resume");
    await appears(named("asked"));
    place.write("stopping", "");
    pawl.kill("SIGINT");
    await says(pawl, /Stopping/);
    place.write("answer", "");
    expect(await ended).toMatchObject({ status: 130, stdout: expect.stringContaining("pawl resume p-1") });
    expect(readFileSync(named("log"), "utf8")).toBe("begin\n");
  });

  test("Ctrl-C into a run that ends as it begins leaves nothing to go on with", async () => {
    const place = placeWith(planOf(["{ id: never, run: 'true' }"]).replace("- id: w", "- id: w\n    disabled: true"));
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, ".state/repository"));
    pawl.kill("SIGINT");
    const { status, stdout } = await ended;
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^p-1 {2}succeeded/m)]);
    expect(stdout).not.toContain("pawl resume");
  });

  test("a second Ctrl-C ends one that hangs", async () => {
    const place = slowPlace();
    // As long as this place is there.
    gitBegins(place, 'touch "$MARK"; while [ -e "$0" ]; do sleep 0.02; done');
    const { process: pawl, ended } = place.start("run", "plan.yaml");
    await appears(join(place.folder, "mark"));
    pawl.kill("SIGINT");
    pawl.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 130, stdout: "" });
    expect(existsSync(join(place.folder, ".state"))).toBe(false);
  });
});

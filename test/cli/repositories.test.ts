import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Place, placeWith, planOf } from "./pawl.fixture.ts";

const plan = planOf(["{ id: t, run: 'echo hi > b.txt' }"]);

/** The same folder of files, seen from another place in it. */
const inside = (place: Place, below: string, env: Record<string, string> = {}): Place =>
  Object.assign(Object.create(Place.prototype) as Place, { folder: join(place.folder, below), env });

function emptyPlace(): Place {
  const place = new Place();
  place.write("plan.yaml", plan);
  return place;
}

describe("a repository that Pawl cannot work on is refused with the way out", () => {
  test("a folder that is no repository", () => {
    expect(emptyPlace().pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("NOT_A_REPOSITORY"),
    });
  });

  test("a repository without commits", () => {
    const place = emptyPlace();
    place.git("init", "--quiet");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("REPOSITORY_EMPTY"),
    });
  });

  test("a shallow clone", () => {
    const place = placeWith(plan);
    place.git("commit", "--quiet", "--allow-empty", "--message", "second");
    place.git("clone", "--quiet", "--depth", "1", `file://${place.folder}`, "shallow");
    place.write("shallow/plan.yaml", plan);
    expect(inside(place, "shallow").pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("git fetch --unshallow"),
    });
  });

  test("a base with a submodule", () => {
    const place = placeWith(plan);
    place.git("update-index", "--add", "--cacheinfo", `160000,${place.git("rev-parse", "HEAD")},lib`);
    place.git("commit", "--quiet", "--message", "with a submodule");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("1 submodules (lib first)"),
    });
  });

  test("no git on the PATH, and one that is too old", () => {
    const place = placeWith(plan);
    mkdirSync(join(place.folder, "bin"));
    place.env = { PATH: join(place.folder, "bin") };
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 1, stderr: expect.stringContaining("GIT_MISSING") });
    const old = join(place.folder, "bin", "git");
    writeFileSync(old, "#!/bin/sh\necho git version 2.20.1\n");
    chmodSync(old, 0o755);
    place.env = { PATH: `${join(place.folder, "bin")}:${process.env["PATH"]}` };
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("git 2.20.1 is too old"),
    });
  });
});

describe("a repository that is in no usual state is worked on", () => {
  test("with a detached HEAD, which is said", () => {
    const place = placeWith(plan);
    place.git("checkout", "--quiet", "--detach");
    const { status, stdout } = place.pawl("run", "plan.yaml");
    expect([status, stdout]).toEqual([0, expect.stringContaining("detached HEAD")]);
  });

  test("from a linked worktree and from a folder below", () => {
    const place = placeWith(plan);
    place.git("worktree", "add", "--quiet", "linked");
    place.write("linked/sub/plan.yaml", plan);
    expect(inside(place, "linked/sub").pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("hi");
  });
});

describe("a state folder that cannot be used", () => {
  test("with a schema of a newer Pawl is refused, and left as it is", async () => {
    const place = placeWith(plan);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(join(place.folder, ".state/pipeline.db"));
    db.prepare("UPDATE schema_versions SET version = 99 WHERE component = 'domain'").run();
    db.close();
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 1, stderr: expect.stringContaining("STORE_NEWER") });
  });

  test("that is a file is refused", () => {
    const place = placeWith(plan);
    place.write("not-a-folder", "");
    expect(place.pawl("run", "plan.yaml", "--state", "not-a-folder")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("STATE_FOLDER_UNUSABLE"),
    });
  });

  test("elsewhere is used where it is named, and nothing is put into the checkout", () => {
    const place = placeWith(plan);
    place.git("add", "plan.yaml");
    place.git("commit", "--quiet", "--message", "plan");
    const elsewhere = `${place.folder}-state`;
    onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
    expect(place.pawl("run", "plan.yaml", "--state", elsewhere).status).toBe(0);
    expect(place.pawl("status", "--state", elsewhere).stdout).toContain("p-1  succeeded");
    expect(place.git("status", "--porcelain", "--ignored")).toBe("");
  });
});

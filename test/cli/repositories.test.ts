import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
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
      stderr: expect.stringMatching(
        /is not in the working tree of a git repository \[NOT_A_REPOSITORY\]\n {2}Change into a checkout, or make one/,
      ),
    });
  });

  test("a repository without commits", () => {
    const place = emptyPlace();
    place.git("init", "--quiet");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/has no commits.* \[REPOSITORY_EMPTY\]\n {2}Make a first commit: git add/),
    });
  });

  test("a shallow clone", () => {
    const place = placeWith(plan);
    place.git("commit", "--quiet", "--allow-empty", "--message", "second");
    place.git("clone", "--quiet", "--depth", "1", `file://${place.folder}`, "shallow");
    place.write("shallow/plan.yaml", plan);
    expect(inside(place, "shallow").pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /is a shallow clone.* \[REPOSITORY_SHALLOW\]\n {2}Fetch the rest: git fetch --unshallow/,
      ),
    });
  });

  test("a base with a submodule", () => {
    const place = placeWith(plan);
    place.git("update-index", "--add", "--cacheinfo", `160000,${place.git("rev-parse", "HEAD")},lib`);
    place.git("commit", "--quiet", "--message", "with a submodule");
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /main has 1 submodules \(lib first\).* \[REPOSITORY_HAS_SUBMODULES\]\n {2}Start from a base without/,
      ),
    });
  });

  test("no git on the PATH, and one that is too old", () => {
    const place = placeWith(plan);
    mkdirSync(join(place.folder, "bin"));
    place.env = { PATH: join(place.folder, "bin") };
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/git was not found on the PATH \[GIT_MISSING\]\n {2}Install git/),
    });
    const old = join(place.folder, "bin", "git");
    writeFileSync(old, "#!/bin/sh\necho git version 2.20.1\n");
    chmodSync(old, 0o755);
    place.env = { PATH: `${join(place.folder, "bin")}:${process.env["PATH"]}` };
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /git 2\.20\.1 is too old: Pawl needs 2\.38 or newer \[GIT_TOO_OLD\]\n {2}Install git 2\.38/,
      ),
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

  test("and merged into the branch that it began on, whatever is checked out by then", async () => {
    const place = placeWith(plan.replace("base: main\n", ""));
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    place.git("switch", "--quiet", "--create", "other");
    const other = place.git("rev-parse", "other");
    expect(place.pawl("merge").stdout).toMatch(/^main is at/);
    expect(place.git("rev-parse", "other")).toBe(other);
    expect((await place.look("verify")).status).toBe(0);
    place.git("checkout", "--quiet", "--detach", "other");
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    place.git("switch", "--quiet", "other");
    expect(place.pawl("merge")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/"HEAD" is no local branch.* \[MERGE_NEEDS_BRANCH\]\n.*--into BRANCH/),
    });
    expect(place.pawl("merge", "--into", "HEAD").stdout).toMatch(/^other is at/);
  });

  test("from a linked worktree and from a folder below", () => {
    const place = placeWith(plan);
    place.git("worktree", "add", "--quiet", "linked");
    place.write("linked/sub/plan.yaml", plan);
    expect(inside(place, "linked/sub").pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("hi");
  });
});

test("a branch that tasks and gates switched to is nobody's once they have ended", () => {
  const gates = "gates: { g: { type: UNIT, run: git switch --quiet other } }\n";
  const tasks = [
    "{ id: look, run: git switch --quiet main, changes: none }",
    "{ id: t, depends_on: [look], run: 'git switch --quiet pawl/p-1; echo two > a.txt' }",
  ];
  const place = placeWith(planOf(tasks, gates).replace("id: w\n", "id: w\n    final: [g]\n"));
  place.git("switch", "--quiet", "--create", "other");
  place.git("switch", "--quiet", "--create", "mine");
  expect(place.pawl("run", "plan.yaml").status).toBe(0);
  expect(place.git("diff", "--name-only", "main", "pawl/p-1")).toBe("a.txt");
  for (const branch of ["main", "other", "pawl/p-1"]) {
    place.git("switch", "--quiet", branch);
  }
});

describe("a state folder that cannot be used", () => {
  test("with a schema of a newer Pawl is refused, and left as it is", async () => {
    const place = placeWith(plan);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const db = new Database(join(place.folder, ".state/pipeline.db"));
    db.prepare("UPDATE schema_versions SET version = 99 WHERE component = 'domain'").run();
    db.close();
    expect(place.pawl("run", "plan.yaml")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /pipeline\.db has schema 99 of domain.* \[STORE_NEWER\]\n {2}Use the Pawl that wrote it/,
      ),
    });
  });

  test.each(["runtime", "domain", "stored_plans"])(
    "with a newer schema of %s is not looked at either",
    async (part) => {
      const place = placeWith(plan);
      expect(place.pawl("run", "plan.yaml").status).toBe(0);
      const db = new Database(join(place.folder, ".state/pipeline.db"));
      db.prepare("UPDATE schema_versions SET version = 99 WHERE component = ?").run(part);
      // What a newer one may do.
      db.exec("ALTER TABLE state_transitions RENAME TO events");
      db.close();
      const stderr = expect.stringContaining(`has schema 99 of ${part}, this Pawl knows up to`);
      for (const command of [["status"], ["events"], ["show", "w.t"], ["verify"], ["merge"]]) {
        expect(await place.look(...command)).toMatchObject({ status: 1, stderr });
      }
    },
  );

  test.runIf(process.platform === "linux")("where no folder can be made is refused", () => {
    expect(placeWith(plan).pawl("run", "plan.yaml", "--state", "/proc/pawl")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /^the state folder \/proc\/pawl cannot be used: ENOENT.* \[STATE_FOLDER_UNUSABLE\]/,
      ),
    });
  });

  test("that is a file is refused", () => {
    const place = placeWith(plan);
    place.write("not-a-folder", "");
    expect(place.pawl("run", "plan.yaml", "--state", "not-a-folder")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /not-a-folder cannot be used.* \[STATE_FOLDER_UNUSABLE\]\n {2}Make it writable, or name another/,
      ),
    });
  });

  test.each([
    [".", "it is the top of the checkout"],
    ["src", "git tracks files in it (1, src/a.txt first)"],
    ["link", "git tracks files in it (1, src/a.txt first)"],
    ["src/a.txt", "git tracks files in it (1, src/a.txt first)"],
  ])("in which git would no longer see new files is refused, and nothing is made: %s", (folder, detail) => {
    const place = placeWith(plan, { "src/a.txt": "one\n" });
    symlinkSync("src", join(place.folder, "link"));
    const before = place.git("status", "--porcelain", "--ignored");
    const refused = place.pawl("run", "plan.yaml", "--state", folder);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(`cannot be used: ${detail}`)]);
    expect(refused.stderr).toContain("STATE_FOLDER_UNUSABLE");
    expect(place.git("status", "--porcelain", "--ignored")).toBe(before);
    expect(place.pawl("run", "plan.yaml", "--state", "src/state").status).toBe(0);
  });

  test("elsewhere is used where it is named, and nothing is put into the checkout", async () => {
    const place = placeWith(plan);
    place.git("add", "plan.yaml");
    place.git("commit", "--quiet", "--message", "plan");
    const elsewhere = `${place.folder}-state`;
    onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
    expect(place.pawl("run", "plan.yaml", "--state", elsewhere).status).toBe(0);
    expect((await place.look("status", "--state", elsewhere)).stdout).toContain("p-1  succeeded");
    expect(place.git("status", "--porcelain", "--ignored")).toBe("");
  });
});

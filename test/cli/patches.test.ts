import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Database } from "../../src/store/sqlite/driver.ts";
import { oneRun, type Place, placeWith, planOf, planOfEach } from "./pawl.fixture.ts";

const files = {
  "a.txt": "one\ntwo\nthree\n",
  "crlf.txt": "one\r\ntwo\r\n",
  "counted.txt": "one\ntwo\nthree\n",
  "gone.txt": "soon\n",
  "open.txt": "no newline at the end",
  "bin.dat": "\u0000\u0001binary",
  "run.sh": "#!/bin/sh\n",
};
const onePatch = planOf(["{ id: t, patch: change.patch }"]);

/** Makes a patch of what `change` does to the checkout, as `git diff` makes it, and takes it back. */
function patchOf(place: Place, change: () => void, name = "change.patch"): void {
  change();
  place.git("add", "--all", "--", ".", ":!plan.yaml", ":!*.patch");
  place.git("diff", "--cached", "--binary", "-M", `--output=${name}`);
  place.git("reset", "--quiet", "--hard");
}

/** Modes, contents and names of all files. */
const treeOf = (place: Place, commit: string): string => place.git("ls-tree", "-r", commit);

describe("patches as git makes them are committed as they are", () => {
  const changes: Readonly<Record<string, (place: Place) => void>> = {
    "a new file, a deleted one and a changed one": (place) => {
      place.write("new/file.txt", "new\n");
      place.git("rm", "--quiet", "gone.txt");
      place.write("counted.txt", "one\n2\nthree\n");
    },
    "a rename with a change": (place) => {
      place.git("mv", "a.txt", "b.txt");
      place.write("b.txt", "one\ntwo\nthree\nfour\n");
    },
    "a mode": (place) => {
      place.git("update-index", "--chmod=+x", "run.sh");
      place.git("checkout", "--quiet", "--", "run.sh");
    },
    binary: (place) => place.write("bin.dat", Buffer.from([0, 255, 1, 254, 2])),
    CRLF: (place) => place.write("crlf.txt", "one\r\n2\r\n"),
    "no newline at the end": (place) => place.write("open.txt", "still no newline at the end"),
    "a name in UTF-8": (place) => place.write("größe/名前.txt", "x\n"),
  };
  const plan = planOfEach(Object.keys(changes).map((_, n) => `{ id: t, patch: change${n}.patch }`));
  const run = oneRun(plan, files, (place) => {
    place.git("config", "core.autocrlf", "false");
    Object.values(changes).forEach((change, n) => {
      patchOf(place, () => change(place), `change${n}.patch`);
    });
  });

  test.each(Object.keys(changes).map((name, n) => [name, n] as const))("%s", (_, n) => {
    const { place } = run;
    const byPawl = place.git("log", "--all", "--format=%H", `--grep=^Pawl-Task: w${n}.t$`);
    place.git("checkout", "--quiet", "-B", "by-git", "main");
    place.git("apply", "--index", `change${n}.patch`);
    place.git("commit", "--quiet", "--message", "by git");
    expect(treeOf(place, byPawl)).toBe(treeOf(place, "by-git"));
  });

  test("and all of them merged", () => {
    const { printed, place } = run;
    expect([printed.status, printed.stdout.slice(-1500)]).toEqual([0, expect.stringContaining("succeeded")]);
    expect(place.git("ls-tree", "-r", "--name-only", "-z", "pawl/p-1").split("\0").sort()).toEqual(
      [
        "",
        "b.txt",
        "bin.dat",
        "counted.txt",
        "crlf.txt",
        "größe/名前.txt",
        "new/file.txt",
        "open.txt",
        "run.sh",
      ].sort(),
    );
  });
});

describe("patches saved as mails", () => {
  test("by git format-patch keep their author, date and message", () => {
    const place = placeWith(onePatch, files);
    place.write("a.txt", "1\ntwo\nthree\n");
    place.git(
      "commit",
      "--quiet",
      "--all",
      "--author",
      "Zoë Ångström <zoe@example.test>",
      "--date",
      "2020-02-03T04:05:06+0100",
      "--message",
      "Count in digits\n\nWords are long.",
    );
    const mail = place.git("format-patch", "--stdout", "-1");
    place.git("reset", "--quiet", "--hard", "HEAD~1");
    writeFileSync(join(place.folder, "change.patch"), `${mail}\n`);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    const shown = place.git(
      "log",
      "-1",
      // Its parent, made in the same second, would else come first now and then.
      "--topo-order",
      "--no-merges",
      "--format=%an|%ae|%aI|%cn|%s|%(trailers:key=Pawl-Ledger,valueonly,separator=,)|%b",
      "pawl/p-1",
    );
    expect(shown).toMatch(
      /^Zoë Ångström\|zoe@example\.test\|2020-02-03T04:05:06\+01:00\|Uma\|Count in digits\|w\.t~p1\|Words are long\./,
    );
  });

  test("without git's own first line are mails too, in the store as in the commit", () => {
    const place = placeWith(onePatch, files);
    patchOf(place, () => place.write("a.txt", "1\ntwo\nthree\n"));
    const diff = readFileSync(join(place.folder, "change.patch"), "utf8");
    const head = "From: Zoë <zoe@example.test>\nDate: Mon, 3 Feb 2020 04:05:06 +0100\nSubject: Count in digits";
    place.write("change.patch", `${head}\n\n---\n${diff}`);
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("log", "-1", "--topo-order", "--no-merges", "--format=%an|%s", "pawl/p-1")).toBe(
      "Zoë|Count in digits",
    );
    const db = new Database(join(place.folder, ".state/pipeline.db"), { readonly: true });
    onTestFinished(() => void db.close());
    expect(db.prepare("SELECT format FROM patches").pluck().all()).toEqual(["format_patch"]);
  });
});

test("what a task changed of which another one has changed the same lines meanwhile says what to do", async () => {
  const committed = "until git merge-base --is-ancestor HEAD pawl-work/p-1/w~1; do sleep 0.1; done";
  const place = placeWith(
    planOf(["{ id: t, run: 'echo one > a.txt' }", `{ id: u, run: "${committed}; echo two > a.txt", timeout: 20s }`]),
    { "a.txt": "none\n" },
  );
  expect(place.pawl("run", "plan.yaml").status).toBe(1);
  for (const entity of ["w.u", "w.u~p1"]) {
    const { stdout } = await place.look("show", entity);
    expect(stdout).toMatch(/(last_error|quarantine_reason): what task w\.u changed does not fit .* does not apply$/m);
    expect(stdout).toMatch(/^ {2}fix: .* let w\.u wait for that one \(depends_on\)/m);
  }
});

describe("patches that do not go in are quarantined with the reason", () => {
  /** A patch of git's that adds one file. */
  const adding = (path: string): string =>
    `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,2 @@\n+x\n+y\n`;
  const changing = (path: string, lines: string): string =>
    `diff --git a/${path} b/${path}\nindex 1111111..2222222 100644\n--- a/${path}\n+++ b/${path}\n${lines}`;
  const one = "@@ -1 +1 @@\n-a\n+b\n";
  const cases: readonly (readonly [name: string, patch: string, task: string, reason: RegExp])[] = [
    [
      "does not apply",
      changing("a.txt", "@@ -1 +1 @@\n-nothing like it\n+x\n"),
      "",
      /patch does not apply|patch failed/,
    ],
    ["applies to nothing", changing("a.txt", "@@ -1,3 +1,3 @@\n-old\n+one\n two\n three\n"), "", /applies to nothing/],
    ["leads out of the tree", changing("../x", one), "", /\.\./],
    ["goes into .git", changing(".git/config", one), "", /\.git/],
    [
      "has an absolute path",
      adding("/etc/pawl-was-here"),
      "",
      /\/etc\/pawl-was-here .*(absolute|out of|outside|inside)/,
    ],
    ["goes through a symlink of the tree", adding("out/x"), "", /out\/x goes through out, which is a symlink/],
    [
      "is outside its scope",
      adding("b/x"),
      ", scope: ['src/**']",
      /b\/x is outside the scope of the task \(src\/\*\*\)/,
    ],
    ["has too many lines", adding("x"), ", limits: { lines: 1 }", /changes 2 lines, allowed are 1/],
    ["has too many bytes", adding("x"), ", limits: { bytes: 20B }", /has \d+ bytes, allowed are 20/],
    ["writes into the state of Pawl", adding(".state/x"), "", /lies in \.state, where Pawl keeps its state/],
  ];
  const plan = planOfEach(cases.map(([, , task], n) => `{ id: t, patch: change${n}.patch${task} }`));
  const run = oneRun(plan, files, (place) => {
    symlinkSync("..", join(place.folder, "out"));
    place.git("add", "out");
    place.git("commit", "--quiet", "--message", "A link");
    cases.forEach(([, patch], n) => {
      place.write(`change${n}.patch`, patch);
    });
  });

  test.each(cases.map(([name, , , reason], n) => [name, n, reason] as const))("one that %s", async (_, n, reason) => {
    const shown = (await run.place.look("show", `w${n}.t~p1`)).stdout;
    expect(shown).toContain(`patch_ledger p-1/w${n}.t~p1: quarantined`);
    expect(shown).toMatch(reason);
  });

  test("of none of them anything is committed, or written into the checkout", () => {
    const { place, printed } = run;
    expect(printed.status).toBe(1);
    expect(place.git("rev-list", "--count", "main..pawl/p-1")).toBe("0");
    expect(readFileSync(join(place.folder, "a.txt"), "utf8")).toBe(files["a.txt"]);
  });

  test("and are kept, as git apply takes them", async () => {
    const place = placeWith(planOf(["{ id: t, patch: change.patch, scope: ['src/**'] }"]), files);
    place.write("change.patch", adding("b/x"));
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    expect((await place.look("show", "w.t")).stdout).toContain(
      "pawl show w.t~p1 --patch  prints the patch that was quarantined",
    );
    expect((await place.look("show", "w.t~p1")).stdout).toContain("pawl show w.t~p1 --patch  prints the patch");
    expect(await place.look("show", "w.t~p1", "--patch")).toEqual({ status: 0, stdout: adding("b/x"), stderr: "" });
    expect(await place.look("show", "w.t", "--patch")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("it is no patch"),
    });
  });

  test.each([
    ["utf8", Buffer.from("größe\n")],
    ["base64", Buffer.from("gr\xf6\xdfe\n", "latin1")],
  ])("and are printed as JSON with all their bytes, in %s", (encoding, line) => {
    const place = placeWith(planOf(["{ id: t, patch: change.patch, scope: ['src/**'] }"]), files);
    const head = "diff --git a/b/x b/b/x\nnew file mode 100644\n--- /dev/null\n+++ b/b/x\n@@ -0,0 +1 @@\n+";
    const patch = Buffer.concat([Buffer.from(head), line]);
    place.write("change.patch", patch);
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    const { status, stdout } = place.pawl("show", "w.t~p1", "--patch", "--json");
    expect(status).toBe(0);
    expect(stdout.split("\n")).toHaveLength(2);
    const printed = JSON.parse(stdout) as { readonly encoding: BufferEncoding; readonly content: string };
    expect(printed).toMatchObject({ id: "p-1/w.t~p1", encoding });
    expect(Buffer.from(printed.content, printed.encoding)).toEqual(patch);
  });

  test.each([
    ["empty", ""],
    ["no patch", "this is a letter\n"],
  ])("a patch file that is %s is refused with the plan", (_, text) => {
    const place = placeWith(onePatch, files);
    writeFileSync(join(place.folder, "change.patch"), text);
    const { status, stderr } = place.pawl("run", "plan.yaml");
    expect([status, stderr]).toEqual([65, expect.stringContaining("change.patch")]);
  });
});

test("a patch file that is none is named with the line in it", async () => {
  const place = placeWith(onePatch);
  place.write(
    "change.patch",
    "From: A <a@x>\nSubject: s\n\n---\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n",
  );
  expect(place.pawl("run", "plan.yaml").status).toBe(1);
  expect((await place.look("events")).stdout).toContain(`${join(place.folder, "change.patch")}:9: patch `);
});

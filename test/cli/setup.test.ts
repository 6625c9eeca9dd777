import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { placeWith, planOf } from "./pawl.fixture.ts";

const files = { "a.txt": "one\n", ".gitignore": "deps/\n" };

describe("the setup command of a worktree", () => {
  test("makes ignored files ready for the tasks, and nothing else of it becomes the work of a task", () => {
    const setup = 'mkdir deps; echo ready > deps/tool; echo changed > a.txt; echo new > new.txt; echo once >> "$NOTES"';
    const place = placeWith(
      planOf(
        [
          "{ id: first, run: 'cp deps/tool first.txt' }",
          "{ id: look, run: 'test -z \"$(git status --porcelain)\"', changes: none, depends_on: [first] }",
          "{ id: second, run: 'cp deps/tool second.txt', depends_on: [look] }",
        ],
        `concurrency: 1\nsetup: '${setup}'\n`,
      ),
      files,
    );
    place.env = { NOTES: join(place.folder, ".git/notes") };
    expect(place.pawl("run", "plan.yaml")).toMatchObject({ status: 0 });
    expect(place.git("diff", "--name-status", "main", "pawl/p-1")).toBe("A\tfirst.txt\nA\tsecond.txt");
    expect(place.git("show", "pawl/p-1:second.txt")).toBe("ready");
    // One worktree for the tasks, one in which the patches are applied.
    expect(readFileSync(join(place.folder, ".git/notes"), "utf8")).toBe("once\nonce\n");
  });

  test("is not stopped by the end of another one, that works in a worktree of the same name", () => {
    const setup = (begun: string, until: string) =>
      `'echo > "$NOTES-${begun}"; until test -e "$NOTES-${until}"; do sleep 0.1; done; mkdir deps; echo ${begun} > deps/tool'`;
    const place = placeWith(
      `pawl: 1
name: p
workstreams:
  - { id: a, setup: ${setup("a", "b")}, tasks: [{ id: t, run: 'cp deps/tool a; echo > "$NOTES-done"' }] }
  - { id: b, setup: ${setup("b", "done")}, tasks: [{ id: t, run: cp deps/tool b }] }
`,
      files,
    );
    place.env = { NOTES: join(place.folder, ".git/notes") };
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect([place.git("show", "pawl/p-1:a"), place.git("show", "pawl/p-1:b")]).toEqual(["a", "b"]);
  });

  test("is run again where a task took away what it had made", () => {
    const place = placeWith(
      planOf(
        [
          "{ id: t, run: 'git clean -fdxq; echo two > a.txt' }",
          "{ id: u, run: 'cp deps/tool b.txt', depends_on: [t] }",
        ],
        "concurrency: 1\nsetup: 'mkdir deps; echo ready > deps/tool'\ngates: { g: { type: UNIT, run: test -e deps/tool } }\n",
      ).replace("id: w\n", "id: w\n    verify: [g]\n"),
      files,
    );
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("diff", "--name-status", "main", "pawl/p-1")).toBe("M\ta.txt\nA\tb.txt");
  });

  test("that failed half way begins anew without what it left", () => {
    const setup = 'mkdir deps || exit 2; test -e "$NOTES" || { touch "$NOTES"; exit 1; }; echo ready > deps/tool';
    const place = placeWith(
      planOf(["{ id: t, run: 'cp deps/tool b.txt', retries: { max: 1, backoff: 10ms } }"], `setup: '${setup}'\n`),
      files,
    );
    place.env = { NOTES: join(place.folder, ".git/notes") };
    expect(place.pawl("run", "plan.yaml").status).toBe(0);
    expect(place.git("show", "pawl/p-1:b.txt")).toBe("ready");
  });

  test("that fails, fails the task with what it said", async () => {
    const place = placeWith(planOf(["{ id: t, run: 'true' }"], "setup: 'echo no network >&2; exit 7'\n"), files);
    expect(place.pawl("run", "plan.yaml").status).toBe(1);
    expect((await place.look("show", "w.t")).stdout).toMatch(/last_error: .*setup.* exit code 7.*no network/);
    const [, log = ""] =
      /^ {2}fix: Read its output \((.*?)\), or run it by hand in \S+\/worktrees\/\S+ to see more/m.exec(
        (await place.look("show", "w.t")).stdout,
      ) ?? [];
    expect(readFileSync(log, "utf8")).toContain("no network");
  });
});

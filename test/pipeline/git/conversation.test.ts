import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GitConversation } from "../../../src/pipeline/git/conversation.ts";
import { commitAll, git, setting } from "./setting.fixture.ts";

test("of moves that are asked for at once, one that git refuses fails alone", async () => {
  const { checkout, repository, start } = await setting();
  const next = commitAll(checkout, { "a.txt": "two\n" }, "next");
  const names = ["a", "b", "c", "d"];
  for (const name of names) {
    git(checkout, "branch", name, name === "b" ? next : start);
  }
  const moves = names.map((name) => repository.moveReference(`refs/heads/${name}`, next, start));
  const outcomes = await Promise.allSettled(moves);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({ reason: { code: "GIT_FAILED", message: expect.stringContaining(start) } });
  expect(git(checkout, "rev-parse", ...names)).toBe([next, next, next, next].join("\n"));
  await repository.moveReference("refs/heads/a", start, next);
  expect(git(checkout, "rev-parse", "a")).toBe(start);
});

test("each question to a git that cannot be started is told why", async () => {
  const { checkout } = await setting();
  const gone = new GitConversation({ cwd: join(checkout, "gone"), args: ["cat-file", "--batch-check"] });
  onTestFinished(() => gone.close());
  const answers = await Promise.allSettled([gone.ask("HEAD\n", 1), gone.ask("HEAD\n", 1), gone.ask("HEAD\n", 1)]);
  const why = { code: "GIT_FAILED", values: { exit: "none", detail: "the folder does not exist" } };
  expect(answers).toMatchObject(answers.map(() => ({ status: "rejected", reason: why })));
});

test("a question to a git that was closed a moment ago is asked of the next one", async () => {
  const { checkout, start } = await setting();
  const conversation = new GitConversation({ cwd: checkout, args: ["cat-file", "--batch-check=%(objectname)"] });
  onTestFinished(() => conversation.close());
  const before = conversation.ask("HEAD\n", 1);
  conversation.close();
  const meanwhile = conversation.ask("main\n", 1);
  expect([await before, await meanwhile]).toEqual([[start], [start]]);
  conversation.close();
  expect(await conversation.ask("HEAD\n", 1)).toEqual([start]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchText, greet } from "../src/client.js";

test("a text is fetched", async () => {
  const fetch = async () => new Response("hi");
  assert.equal(await fetchText("http://example.test", { fetch }), "hi");
});

test("a bad answer is an error", async () => {
  const fetch = async () => new Response("", { status: 500 });
  await assert.rejects(fetchText("http://example.test", { fetch }), /answered 500/);
});

test("a greeting names whom it greets", () => {
  assert.equal(greet("Ada"), "Hello, Ada!");
});

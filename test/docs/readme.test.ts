import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { readPlan } from "../../src/plan/index.ts";
import { patchText } from "../plan/support.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function example(name: string): string {
  const found = new RegExp(`<!-- example: ${name} -->\\n\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(readme);
  return found?.[1] ?? `throw new Error("README.md has no example ${name}")`;
}

/** Runs a file as a user of the package would, with `pawl` found in node_modules. */
function run(files: Readonly<Record<string, string>>, command: readonly string[]): string {
  const folder = mkdtempSync(join(root, "node_modules", ".readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "pawl"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  return execFileSync(process.execPath, command, { cwd: folder, encoding: "utf8", timeout: 25_000 });
}

describe("README.md", () => {
  test("leads to files that are there, by links and by names", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
    const names = [...readme.matchAll(/`((?:src|test|machines|visualizations)\/[^`]*)`/g)].map(([, path = ""]) => path);
    expect(links.length + names.length).toBeGreaterThan(5);
    expect([...links, ...names].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("asks an app for the version of XState that Pawl has: the types of another would not fit", () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(readme).toContain(`npm install xstate@${dependencies["xstate"]} `);
  });

  test("says what each invariant is that a comment names", () => {
    const defined = [...readme.matchAll(/^- \*\*(I\d+)\*\*/gm)].map(([, name = ""]) => name);
    expect(defined).toEqual(Array.from({ length: 12 }, (_, index) => `I${index + 1}`));
    const sources = ["src", "machines"].flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(root, room, name), "utf8")),
    );
    const named = new Set(sources.flatMap((text) => text.match(/\bI\d+\b/g) ?? []));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !defined.includes(name))).toEqual([]);
  });

  test("names scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    const withoutPlans = readme.replace(/```yaml[\s\S]*?```/g, "");
    const named = [...withoutPlans.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  const commands = [...readme.matchAll(/^pawl ([a-z]+)(.*?)(?: +#.*)?$/gm)];

  test.each([...new Set(commands.map(([, name = ""]) => name))])("shows pawl %s with options that it has", (name) => {
    const program = join(root, "dist", "bin", "pawl.js");
    const help = execFileSync(process.execPath, [program, name, "--help"], { encoding: "utf8" });
    const shown = commands
      .filter(([, other]) => other === name)
      .flatMap(([, , rest = ""]) => rest.match(/--[a-z-]+/g) ?? []);
    expect(shown.filter((option) => !help.includes(option))).toEqual([]);
  });

  test("shows a plan without mistakes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pawl-readme-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "patches"));
    writeFileSync(join(folder, "patches", "0001-fix-timeout.patch"), patchText);
    writeFileSync(join(folder, "plan.yaml"), /```yaml\n(pawl: 1\n[\s\S]*?)```/.exec(readme)?.[1] ?? "");
    const { workstreams } = await readPlan(join(folder, "plan.yaml"));
    expect(workstreams.map(({ id, tasks }) => [id, tasks.length])).toEqual([
      ["client", 3],
      ["docs", 2],
    ]);
  });
});

describe("the examples of README.md", () => {
  test("in a script, twice: the second run finds the actor where the first left it", () => {
    const script = `${example("script")}
const again = await openRuntime({ file: "orders.db", machines: { order } });
console.log("then", again.createActor("order", { id: "order-1" }).getSnapshot().value);
await again.close();`;
    expect(run({ "script.ts": script }, ["--import", "tsx", "script.ts"]).trim().split("\n")).toEqual([
      "paid",
      "shipped",
      "then shipped",
    ]);
  });

  test("in an HTTP handler: done once for one key, refused with its status and the fix, and no actor for anything else", () => {
    const script = `${example("http")}
import { once } from "node:events";
await once(server, "listening");
const ask = async (path: string, key?: string, method = "POST") => {
  const { port } = server.address() as { port: number };
  const response = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { method, headers: key ? { "idempotency-key": key } : {} });
  console.log(response.status, await response.text());
};
await ask("/front/open", "a");
await ask("/front/open", "a");
await ask("/front/open");
await ask("/favicon.ico", undefined, "GET");
await ask("/side/open");
await ask("/back/explode");
await ask("/back/open", undefined, "GET");
console.log(runtime.list().map(({ id }) => id).join(" "));
server.close();
await runtime.close();`;
    const lines = run({ "http.ts": script }, ["--import", "tsx", "http.ts"]).trim().split("\n");
    expect(lines.slice(0, 2)).toEqual(["200 opened", "200 opened"]);
    expect(lines[2]).toBe("409 door front: no transition from opened by open. From opened these are declared: close.");
    expect(lines.slice(3)).toEqual(["404 ", "404 ", "404 ", "404 ", "front"]);
  });

  test("of the catalogue", () => {
    const script = example("machines").replace(/^([a-z].*); \/\/ .*$/gim, "console.log(JSON.stringify($1));");
    const [terminal, check, next, first] = run({ "catalogue.ts": script }, ["--import", "tsx", "catalogue.ts"])
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(terminal).toEqual(["completed", "failed", "cancelled"]);
    expect(check).toMatchObject({
      ok: false,
      reason: "undeclared",
      allowed: expect.arrayContaining([expect.objectContaining({ to: "queued" })]),
    });
    expect(next[0]).toMatchObject({ trigger: expect.any(String), severity: expect.any(String), section: "2.2" });
    const machines = Object.values(first) as { states: unknown[]; transitions: { from: string; to: string }[] }[];
    const pairs = machines.map(({ transitions }) => new Set(transitions.map(({ from, to }) => `${from} ${to}`)).size);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    expect([sum(machines.map(({ states }) => states.length)), sum(pairs)]).toEqual([51, 67]);
  });

  test.each([
    ["test", ["a lamp that was flipped is on"]],
    [
      "paths",
      [
        "turnstile reaches locked: coin, push",
        "turnstile reaches locked: coin, after 5000 ms",
        "no transition is left out",
      ],
    ],
  ])("in a test file: %s", (name, titles) => {
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
    const printed = run({ "it.test.ts": example(name) }, [vitest, "run", "--root", ".", "--reporter", "json"]);
    const { numFailedTests, testResults } = JSON.parse(printed);
    const passed = testResults[0].assertionResults.map(({ fullName }: { fullName: string }) => fullName);
    expect([numFailedTests, passed.toSorted()]).toEqual([0, titles.toSorted()]);
  });
});

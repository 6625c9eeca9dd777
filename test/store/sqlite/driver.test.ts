import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const { href: library } = new URL("../../../dist/src/runtime/index.js", import.meta.url);

/** What opening a runtime says in a process of its own, in which something was done to how modules are loaded. */
const said = (before: string): unknown =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", program(before)], { encoding: "utf8", stdio: "pipe" }),
  );

const program = (before: string): string => `
  import Module from "node:module";
  const fails = (message, rest) => () => { throw Object.assign(new Error(message), rest); };
  ${before}
  const { openRuntime } = await import(${JSON.stringify(library)});
  const { code, message } = await openRuntime({ machines: {} }).catch((error) => error);
  console.log(JSON.stringify({ code, message }));
`;

const name = /^better-sqlite3(-13)? cannot be loaded: /;

test.each([
  [
    "was compiled for another Node",
    `process.dlopen = fails("for another\\nNode", { code: "ERR_DLOPEN_FAILED" })`,
    "for another Node",
  ],
  ["was not compiled", `process.dlopen = fails("no bindings. Tried:\\n here", { tries: [] })`, "no bindings. Tried:"],
  [
    "was not installed",
    `const load = Module._load;
    const none = fails("no package", { code: "MODULE_NOT_FOUND" });
    Module._load = (name, ...rest) => (name.startsWith("better-sqlite3") ? none() : load(name, ...rest));`,
    "no package",
  ],
])("a driver that %s is told to who opens a store, with the way on", (_, before, detail) => {
  const { code, message } = said(before) as { code: string; message: string };
  expect([code, message.replace(name, "")]).toEqual(["SQLITE_UNAVAILABLE", detail]);
});

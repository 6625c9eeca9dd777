import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { loadDriver } from "../../../src/store/sqlite/driver.ts";

test("the driver is the one that runs in the Node at hand", () => {
  const named: string[] = [];
  const require = (name: string): unknown => {
    named.push(name);
    return class {
      close(): void {}
    };
  };
  for (const node of ["20.19.0", "22.14.0", "24.1.0"]) {
    loadDriver(require, node);
  }
  expect(named).toEqual(["better-sqlite3", "better-sqlite3-13", "better-sqlite3-13"]);
});

test("a driver that was not installed for this Node is said, with what to do", () => {
  const notInstalled = "a-driver-that-is-not-installed";
  expect(() => loadDriver(() => createRequire(import.meta.url)(notInstalled), "22.14.0")).toThrow(
    expect.objectContaining({
      code: "STORE_DRIVER_UNFIT",
      message:
        "better-sqlite3-13, which opens stores, does not run in Node 22.14.0: Cannot find module 'a-driver-that-is-not-installed'",
      fix: expect.stringContaining("Run npm ci again with this one"),
    }),
  );
});

test("a driver that was compiled for another Node is said, though it is there", () => {
  const compiled = "The module 'a.node'\nwas compiled against a different Node.js version";
  class Driver {
    constructor() {
      throw new Error(compiled);
    }
  }
  expect(() => loadDriver(() => Driver, "20.20.2")).toThrow("Node 20.20.2: The module 'a.node' was compiled against");
});

/** The cases of the SCXML test framework, as they lie in its package. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Script {
  readonly initialConfiguration: readonly string[];
  readonly events: readonly {
    readonly event: { readonly name: string; readonly data?: unknown };
    /** Milliseconds to wait before the event. */
    readonly after?: number;
    readonly nextConfiguration: readonly string[];
  }[];
}

export interface Case {
  /** `group/name` */
  readonly name: string;
  readonly document: string;
  readonly folder: string;
  readonly script: Script;
}

const require = createRequire(import.meta.url);
const root = join(dirname(require.resolve("@scion-scxml/test-framework/package.json")), "test");

/** Every case that has a script: a document without one cannot be judged, or is invoked by another. */
export function allCases(): Case[] {
  return readdirSync(root).flatMap((group) => {
    const folder = join(root, group);
    return readdirSync(folder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => {
        const base = file.slice(0, -".json".length);
        return {
          name: `${group}/${base}`,
          document: readFileSync(join(folder, `${base}.scxml`), "utf8"),
          folder,
          script: JSON.parse(readFileSync(join(folder, file), "utf8")) as Script,
        };
      });
  });
}

/** The configurations that the script asks for, sorted: at the start and after each event. */
export function asked({ script }: Case): string[][] {
  const all = [script.initialConfiguration, ...script.events.map(({ nextConfiguration }) => nextConfiguration)];
  return all.map((ids) => [...ids].sort());
}

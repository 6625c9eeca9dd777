import { markerVariable } from "./process-info.ts";

/** Where git finds a repository if told so (`git rev-parse --local-env-vars`): inside a hook these name the user's. */
const gitPlaces = new Set([
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
]);

export type Environment = Readonly<Record<string, string>>;

/**
 * What a command inherits: the given environment without Pawl's own variables and without those that would lead git to
 * the user's repository (I12).
 */
export function inheritedEnvironment(base: Readonly<Record<string, string | undefined>>): Environment {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !name.startsWith("PAWL_") && !gitPlaces.has(name)) {
      inherited[name] = value;
    }
  }
  return inherited;
}

let ofThisProcess: Environment | undefined;

/** The environment of a command: what it inherits, what it is given, and the marker it is found by. */
export function commandEnvironment(given: Environment, marker: string): Environment {
  // Reading process.env costs 50 µs, and no command changes it.
  ofThisProcess ??= inheritedEnvironment(process.env);
  return { ...ofThisProcess, ...given, [markerVariable]: marker };
}

/** The marker of an effect of a store: names it among all that this machine runs. */
export function effectMarker(store: string, effect: string): string {
  return `${store}/${effect}`;
}

import type { Database } from "better-sqlite3";
import { PawlError } from "../base/errors/index.ts";
import { nearest } from "../base/nearest.ts";
import {
  type EntityDetail,
  entityDetail,
  entityNames,
  latestRun,
  listRuns,
  type RunSummary,
} from "../views/runs/index.ts";

/** Of those that a name may mean. */
const shownNames = 5;

/** The run that was named, or the last one. @throws PawlError NO_RUNS, RUN_UNKNOWN */
export function namedRun(db: Database, folder: string, name: string | undefined): RunSummary {
  const found = name === undefined ? latestRun(db) : listRuns(db).find(({ run_id }) => run_id === name);
  if (found === undefined) {
    const known = listRuns(db).map(({ run_id }) => run_id);
    throw name === undefined || known.length === 0
      ? new PawlError("NO_RUNS", { folder })
      : new PawlError("RUN_UNKNOWN", { run: name, folder, known: known.slice(-10).join(", ") });
  }
  return found;
}

function nearestOf(name: string, names: readonly string[]): string | undefined {
  const shorter = new Map(names.map((each) => [each.slice(each.indexOf(".") + 1), each]));
  const found = nearest(name, [...names, ...shorter.keys()]);
  return found === undefined ? undefined : (shorter.get(found) ?? found);
}

/**
 * The entity of a name as people write it: a run, `client`, `client.bump`, `client.bump~p1`, or any of them with its
 * run in front (`harden-client-1/client.bump`). Where the run is named too, it is an entity of that one. The workstream
 * may be left out where only one has such a task (`bump`, `bump~p1`).
 * @throws PawlError ENTITY_UNKNOWN with the nearest names
 */
export function namedEntity(db: Database, folder: string, name: string, runName: string | undefined): EntityDetail {
  const exact = entityDetail(db, name);
  if (exact !== undefined && runName === undefined) {
    return exact;
  }
  const run = namedRun(db, folder, runName);
  const isOfRun = exact !== undefined && (exact.id === run.run_id || exact.id.startsWith(`${run.run_id}/`));
  const detailOf = (own: string): EntityDetail | undefined => entityDetail(db, `${run.run_id}/${own}`);
  const found = detailOf(name) ?? (isOfRun ? exact : undefined);
  if (found !== undefined) {
    return found;
  }
  const names = entityNames(db, run.run_id).map((id) => id.slice(id.indexOf("/") + 1));
  const [only, ...others] = names.filter((each) => each.endsWith(`.${name}`));
  const meant = only === undefined || others.length > 0 ? undefined : detailOf(only);
  if (meant !== undefined) {
    return meant;
  }
  const near = only === undefined ? nearestOf(name, names) : [only, ...others].slice(0, shownNames).join(", ");
  throw new PawlError("ENTITY_UNKNOWN", { id: name, folder, nearest: near ?? "none" });
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Tree } from "./deeds.ts";
import { pawl, type Story } from "./disturb.ts";
import type { Place } from "./place.ts";

interface Transition {
  /** Without its run: `w0.t1~p1`; the run itself under its name. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly tree: Tree;
  readonly subject: string;
  readonly author: string;
  /** Values of its trailers, empty where they are missing. */
  readonly task: string;
  readonly workstream: string;
  readonly ledger: string;
}

interface Note {
  readonly what: string;
  readonly task: string;
  readonly attempt: number;
  readonly slot: number;
  readonly atMs: number;
}

/** All that is left of a run, as its user can see it. */
export interface Evidence {
  readonly place: Place;
  readonly story: Story;
  readonly transitions: readonly Transition[];
  readonly states: ReadonlyMap<string, string>;
  /** What the tasks wrote down when they began. */
  readonly notes: readonly Note[];
  /** The files that the attempts of tasks were given. */
  readonly seen: readonly { readonly task: string; readonly tree: Tree }[];
  /** Branches and other references of this run. */
  readonly references: ReadonlyMap<string, string>;
  readonly commits: ReadonlyMap<string, Commit>;
  readonly faults: string[];
}

export async function collect(place: Place, story: Story): Promise<Evidence> {
  const faults = [...story.faults];
  const transitions = await transitionsOf(place, faults);
  const states = new Map<string, string>();
  for (const { id, from, to } of transitions) {
    if ((states.get(id) ?? from) !== from) {
      faults.push(`${id} leaves ${from}, where it was ${states.get(id)}`);
    }
    states.set(id, to);
  }
  await compareWithStatus(place, states, faults);
  const references = referencesOf(place);
  const commits = commitsOf(place, [...references.values()]);
  return { place, story, transitions, states, notes: notesOf(place), seen: seenIn(place), references, commits, faults };
}

async function transitionsOf(place: Place, faults: string[]): Promise<Transition[]> {
  const { stdout, stderr } = await pawl(place, "events", place.run, "--json");
  faults.push(...(stderr === "" ? [] : [`pawl events: ${stderr}`]));
  return linesIn(stdout).map((line) => {
    const { entity_id, from_state, to_state, reason, transitioned_at } = JSON.parse(line) as Record<string, string>;
    return {
      id: (entity_id ?? "").replace(`${place.run}/`, ""),
      from: from_state ?? "",
      to: to_state ?? "",
      reason: reason ?? "",
      atMs: Date.parse(transitioned_at ?? ""),
    };
  });
}

/** What has made no transition is in none of the events. */
async function compareWithStatus(place: Place, states: Map<string, string>, faults: string[]): Promise<void> {
  const { stdout, stderr } = await pawl(place, "status", place.run, "--json", "--all");
  faults.push(...(stderr === "" ? [] : [`pawl status: ${stderr}`]));
  const { run, workstreams } = JSON.parse(stdout) as {
    run: { state: string };
    workstreams: { workstream: string; state: string; shown: { task: string; state: string }[] }[];
  };
  const told = workstreams.flatMap(({ workstream, state, shown }) => [
    [workstream, state] as const,
    ...shown.map((task) => [task.task, task.state] as const),
  ]);
  for (const [id, state] of [[place.run, run.state] as const, ...told]) {
    if ((states.get(id) ?? state) !== state) {
      faults.push(`${id} is ${state} in its status, and ${states.get(id)} by its events`);
    }
    states.set(id, state);
  }
}

const linesIn = (text: string): string[] => text.split("\n").filter((line) => line !== "");

function notesOf(place: Place): Note[] {
  const file = join(place.folder, "trace");
  return linesIn(existsSync(file) ? readFileSync(file, "utf8") : "").map((line) => {
    const [what = "", task = "", attempt, slot, at] = line.split(" ");
    return { what, task, attempt: Number(attempt), slot: Number(slot), atMs: Number(at) };
  });
}

function seenIn(place: Place): { task: string; tree: Tree }[] {
  const folder = join(place.folder, "seen");
  return readdirSync(folder)
    .filter((name) => /^w\d+\.t\d+\.\d+\.\d+$/.test(name))
    .map((name) => {
      const rows = linesIn(readFileSync(join(folder, name), "utf8")).map((line) => {
        const [, blob, mode, path] = /^(\S+) (\S+) (.*)$/.exec(line) ?? [];
        return [path ?? "", `${Number.parseInt(mode ?? "", 8) & 0o100 ? "100755" : "100644"} ${blob}`] as const;
      });
      return { task: name.split(".").slice(0, 2).join("."), tree: new Map(rows) };
    });
}

function referencesOf(place: Place): Map<string, string> {
  const rows = place.git("for-each-ref", "--format=%(refname) %(objectname)").split("\n");
  const all = rows.map((row) => row.split(" ") as [string, string]);
  return new Map(all.filter(([name]) => name === "refs/heads/main" || name.split("/").includes(place.run)));
}

function commitsOf(place: Place, tips: readonly string[]): Map<string, Commit> {
  const trailer = (key: string): string => `%(trailers:key=${key},valueonly,separator=%x2C)`;
  const fields = ["%H", "%P", "%s", "%an", ...["Pawl-Task", "Pawl-Workstream", "Pawl-Ledger"].map(trailer)];
  const rows = place.git("log", ...tips, `--format=${fields.join("%x00")}`).split("\n");
  const commits = rows.map((row): Commit => {
    const [sha = "", parents = "", subject = "", author = "", task = "", workstream = "", ledger = ""] =
      row.split("\0");
    const files = place.git("ls-tree", "-r", sha).split("\n");
    const tree = new Map(
      files.map(
        (line) =>
          line
            .replace(/ blob /, " ")
            .split("\t")
            .reverse() as [string, string],
      ),
    );
    return { sha, parents: linesIn(parents.replaceAll(" ", "\n")), tree, subject, author, task, workstream, ledger };
  });
  return new Map(commits.map((commit) => [commit.sha, commit]));
}

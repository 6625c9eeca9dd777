import { PawlError } from "../base/errors/index.ts";
import type { Problems } from "./problems.ts";
import { quote, quoteId } from "./quote.ts";
import { whyNoId } from "./schema/values.ts";
import type { Sketch, Sketched } from "./sketch.ts";
import type { Path, PlanSource } from "./source.ts";

const taskKinds = ["run", "patch", "agent"] as const;

type TaskKind = (typeof taskKinds)[number];

/** Keys that are only of use with some kinds of task. */
const keysOfKinds: Readonly<Record<string, readonly TaskKind[]>> = {
  prompt: ["agent"],
  prompt_file: ["agent"],
  changes: ["run", "agent"],
  env: ["run", "agent"],
  expected_exit_code: ["run", "agent"],
};

/** Keys that each are well formed, but contradict each other or have no meaning together. */
export function checkMeaning(plan: Sketch, source: PlanSource, problems: Problems): void {
  const check = new MeaningCheck(source, problems);
  check.secretsInEnvironment([]);
  for (const thing of [...(plan.tools ?? []), ...(plan.gates ?? [])]) {
    check.keyIsId(thing);
  }
  for (const workstream of plan.workstreams) {
    check.contradiction(workstream);
    for (const task of workstream.tasks) {
      check.contradiction(task);
      check.task(task);
      check.secretsInEnvironment(task.path);
    }
  }
}

class MeaningCheck {
  readonly #source: PlanSource;
  readonly #problems: Problems;
  readonly #secrets: ReadonlySet<unknown>;

  constructor(source: PlanSource, problems: Problems) {
    this.#source = source;
    this.#problems = problems;
    const secrets = source.value(["secrets"]);
    this.#secrets = new Set(Array.isArray(secrets) ? secrets : []);
  }

  keyIsId(thing: Sketched): void {
    const reason = whyNoId(thing.id ?? "");
    if (reason !== undefined) {
      const values = { where: this.#source.where(thing.path), id: quote(thing.id), reason };
      this.#problems.add(new PawlError("PLAN_BAD_ID", values, { at: this.#source.keyPlace(thing.path) }));
    }
  }

  contradiction(thing: Sketched): void {
    if (thing.written["critical"] === true && thing.written["allow_failure"] === true) {
      const at = this.#source.keyPlace([...thing.path, "allow_failure"]);
      this.#problems.add(new PawlError("PLAN_CONTRADICTION", { where: this.#source.where(thing.path) }, { at }));
    }
  }

  task(task: Sketched): void {
    const kinds = taskKinds.filter((kind) => Object.hasOwn(task.written, kind));
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) {
      const found = kinds.length === 0 ? "none of them" : kinds.join(" and ");
      const values = { where: this.#source.where(task.path), found };
      this.#problems.add(new PawlError("PLAN_TASK_KIND", values, { at: this.#source.place(task.path) }));
      return;
    }
    for (const [key, allowed] of Object.entries(keysOfKinds)) {
      if (!allowed.includes(kind)) {
        this.#notHere(task, key, `for a \`${kind}\` task`);
      }
    }
    if (task.written["changes"] === "none") {
      this.#notHere(task, "scope", "with `changes: none`");
      this.#notHere(task, "limits", "with `changes: none`");
    }
    if (kind === "agent") {
      this.#prompt(task);
    }
  }

  #prompt(task: Sketched): void {
    if (Object.hasOwn(task.written, "prompt")) {
      this.#notHere(task, "prompt_file", "beside `prompt`");
    } else if (!Object.hasOwn(task.written, "prompt_file")) {
      const where = this.#source.where(task.path);
      const values = {
        where,
        key: "prompt",
        meaning: "what the tool is asked to do (or prompt_file, a file with it).",
      };
      this.#problems.add(new PawlError("PLAN_KEY_MISSING", values, { at: this.#source.place(task.path) }));
    }
  }

  #notHere(task: Sketched, key: string, context: string): void {
    if (Object.hasOwn(task.written, key)) {
      const at = this.#source.keyPlace([...task.path, key]);
      const values = { where: this.#source.where(task.path), key, context };
      this.#problems.add(new PawlError("PLAN_KEY_NOT_HERE", values, { at }));
    }
  }

  /** A secret is taken from the environment; written into a plan, its value would be in every copy of the plan. */
  secretsInEnvironment(parent: Path): void {
    const path = [...parent, "env"];
    const env = this.#source.value(path);
    const names = typeof env === "object" && env !== null ? Object.keys(env) : [];
    for (const name of names.filter((each) => this.#secrets.has(each))) {
      const values = { where: this.#source.where(path), key: quoteId(name), context: "where `secrets` names it" };
      const at = this.#source.keyPlace([...path, name]);
      this.#problems.add(new PawlError("PLAN_KEY_NOT_HERE", values, { at }));
    }
  }
}

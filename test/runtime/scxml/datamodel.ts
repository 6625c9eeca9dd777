/** The ECMAScript data model: the context of a machine, seen by the expressions of its document. */
import type { Element } from "./xml.ts";

export type Data = Record<string, unknown>;

/** What an expression sees. `data` is changed in place by scripts; `system` (`_event`, `In`, …) cannot be assigned to. */
export interface Scope {
  readonly data: Data;
  readonly system: Readonly<Data>;
}

type Mode = "expression" | "script";

const identifier = /^[A-Za-z_$][\w$]*$/;
const functionName = /\bfunction\s+([A-Za-z_$][\w$]*)\s*\(/g;

export class Datamodel {
  /** What scripts declare is code, not data: it is found again in the document, not in a store. */
  readonly #functions: Data = {};
  readonly #code = new Map<string, (scope: object) => unknown>();
  #now: Scope = { data: {}, system: {} };
  #mode: Mode = "expression";

  /** @throws Error of the expression */
  evaluate(expression: string, scope: Scope): unknown {
    return this.#run(`return ${expression.trim()}\n`, scope, "expression");
  }

  /** @throws Error of the script */
  execute(script: string, scope: Scope): void {
    const declared = [...script.matchAll(functionName)].map(([, name]) => name ?? "");
    const kept = declared.map((name) => `try { $scope.${name} = ${name} } catch {}`);
    // A script changes what it likes, deep inside too; the snapshot that the data came from stays as it is.
    Object.assign(scope.data, structuredClone(scope.data));
    this.#run([script, ...kept].join("\n"), scope, "script");
  }

  /** @throws Error where nothing of that name was declared, and where the value is not legal */
  assign(location: string, value: unknown, scope: Scope): void {
    const path = location.trim();
    const [root = ""] = path.split(/[.[]/);
    if (!(root in scope.data)) {
      throw new ReferenceError(`${root} is not declared`);
    }
    if (path === root) {
      this.declare(root, value, scope);
      return;
    }
    scope.data[root] = structuredClone(scope.data[root]);
    this.#run(
      `${path} = $value`,
      { data: scope.data, system: { ...scope.system, $value: plain(value) } },
      "expression",
    );
  }

  /** Sets a variable, a new one too. @throws SyntaxError where that is no name */
  declare(name: string, value: unknown, scope: Scope): void {
    if (!identifier.test(name) || name in scope.system) {
      throw new SyntaxError(`"${name}" is not a name for a variable`);
    }
    if (typeof value === "function") {
      this.#functions[name] = value;
    } else {
      scope.data[name] = plain(value);
    }
  }

  #run(body: string, scope: Scope, mode: Mode): unknown {
    const before: [Scope, Mode] = [this.#now, this.#mode];
    [this.#now, this.#mode] = [scope, mode];
    try {
      let code = this.#code.get(body);
      if (code === undefined) {
        code = new Function("$scope", `with ($scope) {\n${body}\n}`) as (scope: object) => unknown;
        this.#code.set(body, code);
      }
      return code(this.#proxy);
    } finally {
      [this.#now, this.#mode] = before;
    }
  }

  // One for all runs, so that a function declared by a script sees the data of the run that calls it.
  readonly #proxy: object = new Proxy(
    {},
    {
      has: (_, name) =>
        typeof name === "string" &&
        name !== "$scope" &&
        (this.#home(name) !== undefined || (this.#mode === "script" && !(name in globalThis))),
      get: (_, name) => {
        if (typeof name === "symbol") {
          return undefined;
        }
        const home = this.#home(name);
        if (home === undefined) {
          throw new ReferenceError(`${name} is not defined`);
        }
        return home[name];
      },
      set: (_, name, value) => {
        this.declare(String(name), value, this.#now);
        return true;
      },
    },
  );

  #home(name: string): Readonly<Data> | undefined {
    return [this.#now.system, this.#functions, this.#now.data].find((home) => Object.hasOwn(home, name));
  }
}

/** Data has no prototypes: an instance is kept as what it holds. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? value : { ...value };
}

/** What stands in the body of `<data>` or `<content>`: JSON, or text in which white space does not count. */
export function bodyValue(element: Element): unknown {
  if (element.children.length > 0) {
    throw new Error("XML as a value needs a DOM");
  }
  return textValue(element.text);
}

export function textValue(text: string): unknown {
  const trimmed = text.trim();
  try {
    return trimmed === "" ? undefined : JSON.parse(trimmed);
  } catch {
    return trimmed.replaceAll(/\s+/g, " ");
  }
}

import { PawlError } from "../base/errors/index.ts";
import { nearest } from "../base/nearest.ts";
import { quoteId } from "./quote.ts";

/** Beyond this many problems nobody reads on, and looking for near names would take its time. */
const mostHints = 100;

/** Everything that is wrong with a plan, by place. Exit status 65. */
export class PlanErrors extends PawlError<"PLAN_INVALID"> {
  override readonly name = "PlanErrors";
  /** Each problem on its own, in the order of the file; never empty. */
  readonly errors: readonly PawlError[];

  constructor(file: string, errors: readonly PawlError[]) {
    const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
    super("PLAN_INVALID", { file, count, first: errors[0]?.message ?? "" });
    this.errors = errors;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), errors: this.errors.map((error) => error.toJSON()) };
  }
}

/** Gathers problems, so that all of a plan are told at once. */
export class Problems {
  readonly #file: string;
  readonly #errors: PawlError[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get any(): boolean {
    return this.#errors.length > 0;
  }

  add(error: PawlError): void {
    this.#errors.push(error);
  }

  /** `Did you mean x? `, or nothing. */
  didYouMean(name: string, known: Iterable<string>): string {
    const near = this.#errors.length < mostHints ? nearest(name, known) : undefined;
    return near === undefined ? "" : `Did you mean ${quoteId(near)}? `;
  }

  /** All of them, as one error. */
  asError(): PlanErrors {
    return new PlanErrors(this.#file, this.#errors.toSorted(byPlace));
  }

  /** @throws PlanErrors when there is any problem. */
  throwIfAny(): void {
    if (this.any) {
      throw this.asError();
    }
  }
}

function byPlace(a: PawlError, b: PawlError): number {
  return (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0);
}

/** When something last happened to entities, as far as this process saw it, or what came before it tells. */
export class Moments {
  readonly #at = new Map<string, string>();
  readonly #before: (id: string) => string | undefined;

  /** @param before of an entity from before this process, as ISO 8601 */
  constructor(before: (id: string) => string | undefined = () => undefined) {
    this.#before = before;
  }

  note(id: string, at: string): void {
    this.#at.set(id, at);
  }

  /** The entity has ended: nobody asks any more. */
  forget(id: string): void {
    this.#at.delete(id);
  }

  /** Seconds from then to a later moment; null where it is not known to have happened. */
  secondsTo(id: string, at: string): number | null {
    const then = this.#at.get(id) ?? this.#before(id);
    if (then === undefined) {
      return null;
    }
    this.#at.set(id, then);
    return (Date.parse(at) - Date.parse(then)) / 1000;
  }
}

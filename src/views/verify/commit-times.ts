/** When what the journal says was committed: what is stamped in between lies between the two. */
export class CommitTimes {
  readonly #lastSeqs: number[] = [];
  readonly #ats: number[] = [];

  /** The next commit, with the last journal row in it. */
  take(lastSeq: number, at: number): void {
    this.#lastSeqs.push(Math.max(lastSeq, this.#lastSeqs.at(-1) ?? 0));
    this.#ats.push(at);
  }

  /** The moment of the commit with this journal row, in milliseconds since 1970. */
  of(seq: number): number {
    let [low, high] = [0, this.#lastSeqs.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lastSeqs[middle] as number) >= seq) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return this.#ats[low] ?? 0;
  }

  get last(): number {
    return this.#ats.at(-1) ?? 0;
  }
}

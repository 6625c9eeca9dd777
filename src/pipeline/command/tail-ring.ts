/** The last bytes of a stream, in a buffer of fixed size. */
export class TailRing {
  readonly #bytes: Buffer;
  #total = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  push(chunk: Buffer): void {
    const size = this.#bytes.length;
    const kept = chunk.length <= size ? chunk : chunk.subarray(chunk.length - size);
    const at = (this.#total + chunk.length - kept.length) % size;
    const fits = Math.min(kept.length, size - at);
    kept.copy(this.#bytes, at, 0, fits);
    kept.copy(this.#bytes, 0, fits);
    this.#total += chunk.length;
  }

  /** A copy of the last `count` bytes, or of as many as there are. */
  last(count: number): Buffer {
    const size = this.#bytes.length;
    const length = Math.min(count, size, this.#total);
    const from = (this.#total - length) % size;
    const until = from + length;
    return until <= size
      ? Buffer.from(this.#bytes.subarray(from, until))
      : Buffer.concat([this.#bytes.subarray(from), this.#bytes.subarray(0, until - size)]);
  }
}

/** What a heap holds: it is left in it when it is cancelled, and skipped when its turn comes. */
export interface Cancellable {
  readonly cancelled: boolean;
}

/** Below that many, what is cancelled costs nothing worth a thought. */
const fewItems = 64;

/** A binary heap, first by `before`. To take out what is cancelled at once would cost a search for each. */
export class TimerHeap<T extends Cancellable> {
  readonly #before: (a: T, b: T) => boolean;
  #items: T[] = [];
  #cancelled = 0;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  /** How many it holds, cancelled ones too. */
  get size(): number {
    return this.#items.length;
  }

  /** The first that is not cancelled. */
  first(): T | undefined {
    while (this.#items[0]?.cancelled === true) {
      this.#takeFirst();
      this.#cancelled -= 1;
    }
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(items[index]!, items[parent]!)) {
        break;
      }
      swap(items, index, parent);
      index = parent;
    }
  }

  /** To be told of each item in it that is cancelled: once they are the most, the heap is made anew without them. */
  noteCancelled(): void {
    this.#cancelled += 1;
    if (this.#cancelled > fewItems && this.#cancelled > this.#items.length / 2) {
      this.#items = this.#items.filter(({ cancelled }) => !cancelled);
      this.#cancelled = 0;
      for (let index = (this.#items.length >> 1) - 1; index >= 0; index -= 1) {
        this.#sink(index);
      }
    }
  }

  #takeFirst(): void {
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
  }

  #sink(from: number): void {
    const items = this.#items;
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let first = index;
      if (left < items.length && this.#before(items[left]!, items[first]!)) {
        first = left;
      }
      if (right < items.length && this.#before(items[right]!, items[first]!)) {
        first = right;
      }
      if (first === index) {
        return;
      }
      swap(items, index, first);
      index = first;
    }
  }
}

function swap<T>(items: T[], i: number, j: number): void {
  const held = items[i]!;
  items[i] = items[j]!;
  items[j] = held;
}

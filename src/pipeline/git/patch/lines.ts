/** What keeps a text from being a patch, and in which line of it (counted from 1). */
export class SectionFault extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Lines of a Latin-1 text, read one after the other. */
export class Lines {
  readonly #text: string;
  #start = 0;
  /** Counts from 1. */
  number = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Where the current line starts in the text. */
  get offset(): number {
    return this.#start;
  }

  /** The current line without its line feed, or null at the end. */
  get current(): string | null {
    if (this.#start >= this.#text.length) {
      return null;
    }
    const end = this.#text.indexOf("\n", this.#start);
    return this.#text.slice(this.#start, end < 0 ? this.#text.length : end);
  }

  /** The text from the current line on, so many characters at most. */
  ahead(characters: number): string {
    return this.#text.slice(this.#start, this.#start + characters);
  }

  next(): void {
    const end = this.#text.indexOf("\n", this.#start);
    this.#start = end < 0 ? this.#text.length : end + 1;
    this.number += 1;
  }

  fault(message: string): SectionFault {
    return new SectionFault(this.number, message);
  }
}

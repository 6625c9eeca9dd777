import { PawlError } from "./errors/index.ts";

/** Shorter values would match ordinary text everywhere. */
const leastBytes = 4;
const nothing = Buffer.alloc(0);

/** Takes secret values out of whatever is about to be stored, shown or sent. */
export interface Redactor {
  /** The text with each secret value replaced by `[secret NAME]`. */
  text(text: string): string;
  /** A new stream of bytes to be redacted, for output that comes in chunks. */
  stream(): RedactedStream;
}

/** The streaming form: a secret that is split over chunks is found too. */
export interface RedactedStream {
  /** Takes a chunk and gives what can be passed on already. Holds back only what may be the start of a secret. */
  push(chunk: Buffer): Buffer;
  /** Gives what was held back. Nothing may be pushed afterwards. */
  end(): Buffer;
}

interface Secret {
  readonly value: Buffer;
  readonly replacement: Buffer;
}

/**
 * Makes a redactor of secret values by name. White space around a value is not part of the secret: a value read from a
 * file ends in a newline that programs do not print.
 * Where values overlap in the text, all their bytes go, under the name of the one that starts first.
 * @throws PawlError SECRET_TOO_SHORT for a value of less than 4 bytes
 */
export function createRedactor(values: ReadonlyMap<string, string>): Redactor {
  const secrets: Secret[] = [];
  for (const [name, raw] of values) {
    const value = Buffer.from(raw.trim());
    if (value.length < leastBytes) {
      throw new PawlError("SECRET_TOO_SHORT", { name, bytes: value.length, least: leastBytes });
    }
    secrets.push({ value, replacement: Buffer.from(`[secret ${name}]`) });
  }
  if (secrets.length === 0) {
    return { text: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => nothing }) };
  }
  return {
    text(text) {
      const bytes = Buffer.from(text);
      if (!secrets.some(({ value }) => bytes.includes(value))) {
        return text;
      }
      const stream = redactedStream(secrets);
      return Buffer.concat([stream.push(bytes), stream.end()]).toString();
    },
    stream: () => redactedStream(secrets),
  };
}

function redactedStream(secrets: readonly Secret[]): RedactedStream {
  let held: Buffer = nothing;
  /** So many bytes at the start of `held` belong to a secret whose replacement was already given. */
  let covered = 0;
  const release = (bytes: Buffer, end: number): Buffer => {
    const found = findSecrets(secrets, bytes);
    if (found.length === 0 && covered === 0) {
      return end === bytes.length ? bytes : bytes.subarray(0, end);
    }
    const pieces: Buffer[] = [];
    let at = covered;
    for (const { start, stop, replacement } of found) {
      if (start >= end) {
        break;
      }
      if (start >= at) {
        pieces.push(bytes.subarray(at, start), replacement);
      }
      at = Math.max(at, stop);
    }
    if (at < end) {
      pieces.push(bytes.subarray(at, end));
    }
    covered = Math.max(0, at - end);
    return Buffer.concat(pieces);
  };
  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = startOfUndecided(secrets, bytes);
      const released = release(bytes, end);
      // A copy: a view would keep the whole chunk in memory for a few bytes.
      held = end === bytes.length ? nothing : Buffer.from(bytes.subarray(end));
      return released;
    },
    end() {
      const released = release(held, held.length);
      held = nothing;
      return released;
    },
  };
}

interface Occurrence {
  readonly start: number;
  readonly stop: number;
  readonly replacement: Buffer;
}

/** All occurrences, those inside and across others too, by their start; of two with one start, the longer first. */
function findSecrets(secrets: readonly Secret[], bytes: Buffer): Occurrence[] {
  const found: Occurrence[] = [];
  for (const { value, replacement } of secrets) {
    for (let start = bytes.indexOf(value); start >= 0; start = bytes.indexOf(value, start + 1)) {
      found.push({ start, stop: start + value.length, replacement });
    }
  }
  return found.length < 2 ? found : found.sort((a, b) => a.start - b.start || b.stop - a.stop);
}

/** Where the longest end of `bytes` starts that is the beginning of a secret; the length of `bytes` if none is. */
function startOfUndecided(secrets: readonly Secret[], bytes: Buffer): number {
  let earliest = bytes.length;
  for (const { value } of secrets) {
    const first = value[0] as number;
    let start = bytes.indexOf(first, Math.max(0, bytes.length - value.length + 1));
    while (start >= 0 && start < earliest) {
      if (bytes.compare(value, 0, bytes.length - start, start) === 0) {
        earliest = start;
      } else {
        start = bytes.indexOf(first, start + 1);
      }
    }
  }
  return earliest;
}

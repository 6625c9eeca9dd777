import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { RedactedStream } from "../../base/secrets.ts";
import type { Clock } from "../../base/time.ts";
import { keptBytes, leftOutLine } from "./log-format.ts";
import { screenText } from "./screen-text.ts";
import { TailRing } from "./tail-ring.ts";

const excerptBytes = 4096;
const tailEveryMs = 500;

/** What a command printed to one of its two outputs. */
export interface CommandOutput {
  /** As many bytes as it printed, kept or not. */
  readonly totalBytes: number;
  /** Bytes between the kept start and the kept end. */
  readonly leftOutBytes: number;
  /** Where it is kept; null if nothing was printed, no file was asked for, or it could not be written. */
  readonly file: string | null;
  /** The end, at most 4 KiB, fit for a screen (see {@link screenText}) and without secrets. */
  readonly tail: string;
  /** Why the file is missing or incomplete, else null. A log that cannot be written does not fail its command. */
  readonly writeError: string | null;
}

/** The output of a command that printed nothing. */
export const noOutput: CommandOutput = { totalBytes: 0, leftOutBytes: 0, file: null, tail: "", writeError: null };

export interface OutputLogOptions {
  readonly file: string | undefined;
  readonly secrets: RedactedStream | undefined;
  readonly clock: Clock;
}

/**
 * Keeps the first and last 64 KiB of an output in a file, whatever its length, and takes secrets out before. The file
 * is made with the first byte. It can be read while it grows: the start is written as it comes, the end every half
 * second.
 */
export class OutputLog {
  readonly #options: OutputLogOptions;
  #printed = 0;
  #passed = 0;
  #ring: TailRing | undefined;
  #pending: Buffer[] = [];
  #tailDue = false;
  #tailTimer: unknown;
  #writing: Promise<void> | undefined;
  #handle: FileHandle | undefined;
  #writtenAt = 0;
  #writeError: string | null = null;

  constructor(options: OutputLogOptions) {
    this.#options = options;
  }

  write(chunk: Buffer): void {
    this.#printed += chunk.length;
    this.#keep(this.#options.secrets?.push(chunk) ?? chunk);
  }

  /** Writes what is still to be written. Nothing may be written afterwards. */
  async end(): Promise<CommandOutput> {
    if (this.#printed === 0) {
      return noOutput;
    }
    this.#keep(this.#options.secrets?.end() ?? Buffer.alloc(0));
    await this.#finish();
    return {
      totalBytes: this.#printed,
      leftOutBytes: Math.max(0, this.#passed - 2 * keptBytes),
      file: this.#handle === undefined ? null : (this.#options.file ?? null),
      tail: screenText(this.#ring?.last(excerptBytes) ?? Buffer.alloc(0), { cut: this.#passed > excerptBytes }),
      writeError: this.#writeError,
    };
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) {
      return;
    }
    this.#ring ??= new TailRing(keptBytes);
    this.#ring.push(bytes);
    // While all fits, it is simply appended.
    const room = 2 * keptBytes - this.#passed;
    this.#passed += bytes.length;
    if (this.#options.file === undefined || this.#writeError !== null) {
      return;
    }
    if (room > 0) {
      this.#pending.push(room < bytes.length ? bytes.subarray(0, room) : bytes);
      this.#writing ??= this.#writeAll(this.#options.file);
    }
    if (room < bytes.length) {
      this.#tailTimer ??= this.#options.clock.setTimeout(() => {
        this.#tailTimer = undefined;
        this.#writeTail();
      }, tailEveryMs);
    }
  }

  #writeTail(): void {
    if (this.#options.file !== undefined && this.#writeError === null) {
      this.#tailDue = true;
      this.#writing ??= this.#writeAll(this.#options.file);
    }
  }

  async #finish(): Promise<void> {
    if (this.#tailTimer !== undefined) {
      this.#options.clock.clearTimeout(this.#tailTimer);
      this.#writeTail();
    }
    await this.#writing;
    try {
      await this.#handle?.close();
    } catch (error) {
      this.#writeError ??= String(error);
    }
  }

  /** Never fails: a full disk ends the log, not the command. */
  async #writeAll(file: string): Promise<void> {
    try {
      this.#handle ??= await openLog(file);
      while (this.#pending.length > 0 || this.#tailDue) {
        if (this.#pending.length > 0) {
          const bytes = Buffer.concat(this.#pending);
          this.#pending = [];
          await writeFully(this.#handle, bytes, this.#writtenAt);
          this.#writtenAt += bytes.length;
        } else if (this.#ring !== undefined) {
          this.#tailDue = false;
          const line = leftOutLine(this.#passed - 2 * keptBytes);
          await writeFully(this.#handle, Buffer.concat([line, this.#ring.last(keptBytes)]), keptBytes);
        }
      }
    } catch (error) {
      this.#writeError = (error as Error).message;
      this.#pending = [];
      this.#tailDue = false;
    }
    this.#writing = undefined;
  }
}

async function openLog(file: string): Promise<FileHandle> {
  try {
    return await open(file, "w");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw error;
    }
    await mkdir(dirname(file), { recursive: true });
    return open(file, "w");
  }
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { PawlError } from "../../base/errors/index.ts";
import type { Clock } from "../../base/time.ts";
import { intervention } from "./intervention.ts";

const request = z.object({
  /** Makes the delivery of a repeated request a no-op. */
  id: z.string().regex(/^[A-Za-z0-9]{1,100}$/),
  run: z.string(),
  asked: intervention,
});

/** What another process asks of the one that works on a run. */
export type RunRequest = z.infer<typeof request>;

const refusal = z.object({ code: z.string(), message: z.string(), fix: z.string() });

/** What the process that works on the run says to it: nothing, or the error. */
const answer = z.object({ refused: refusal.nullable() });

const lookEveryMs = 500;
const answerEveryMs = 50;

/**
 * Leaves a request for the process that works on the run, in a file that appears whole or not at all, and waits for
 * the answer.
 *
 * @returns null when it was carried out, or why it was not; undefined when nobody answered in time
 */
export async function askRunning(
  folder: string,
  asked: RunRequest,
  { clock, waitMs }: { readonly clock: Clock; readonly waitMs: number },
): Promise<z.infer<typeof refusal> | null | undefined> {
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, `${asked.id}.json`), asked);
  const file = join(folder, `${asked.id}.answer`);
  for (const until = clock.monotonic() + waitMs; clock.monotonic() < until; ) {
    const found = answer.safeParse(parsed(await readFile(file, "utf8").catch(() => "")));
    if (found.success) {
      await rm(file, { force: true });
      return found.data.refused;
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, answerEveryMs));
  }
  return undefined;
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value));
  await rename(`${file}.new`, file);
}

/** Takes requests from a folder as they come. A request goes away once it was taken. */
export class Inbox {
  readonly #folder: string;
  readonly #take: (asked: RunRequest) => Promise<void>;
  readonly #clock: Clock;
  #watcher: FSWatcher | undefined;
  #timer: unknown;
  #looking: Promise<void> = Promise.resolve();
  #isOpen = true;

  private constructor(folder: string, clock: Clock, take: (asked: RunRequest) => Promise<void>) {
    this.#folder = folder;
    this.#take = take;
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock, take: (asked: RunRequest) => Promise<void>): Promise<Inbox> {
    await mkdir(folder, { recursive: true });
    const inbox = new Inbox(folder, clock, take);
    // Watching fails on some file systems and misses events on others: it only makes the look come sooner.
    try {
      inbox.#watcher = watch(folder, { persistent: false }, () => inbox.#look()).on("error", () => undefined);
    } catch {
      inbox.#watcher = undefined;
    }
    inbox.#tick();
    return inbox;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#watcher?.close();
    this.#clock.clearTimeout(this.#timer);
    await this.#looking;
  }

  #tick(): void {
    this.#look();
    this.#timer = this.#clock.setTimeout(() => this.#tick(), lookEveryMs);
  }

  #look(): void {
    this.#looking = this.#looking.then(() => (this.#isOpen ? this.#takeAll() : undefined));
  }

  async #takeAll(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names.filter((each) => each.endsWith(".json")).sort()) {
      const file = join(this.#folder, name);
      const text = await readFile(file, "utf8").catch(() => "");
      const asked = request.safeParse(parsed(text));
      if (asked.success) {
        const refused = await this.#take(asked.data).then(() => null, described);
        await writeWhole(join(this.#folder, `${asked.data.id}.answer`), { refused });
      }
      await rm(file, { force: true });
    }
  }
}

function described(error: unknown): z.infer<typeof refusal> {
  return error instanceof PawlError
    ? { code: error.code, message: error.message, fix: error.fix }
    : { code: "INTERNAL", message: String(error), fix: "" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

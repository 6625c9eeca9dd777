import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../base/time.ts";

const request = z.object({
  /** Makes the delivery of a repeated request a no-op. */
  id: z.string().min(1).max(100),
  run: z.string(),
  event: z.object({ type: z.literal("user_cancelled"), operator: z.string().min(1), reason: z.string().optional() }),
});

/** What another process asks of the one that works on a run. */
export type RunRequest = z.infer<typeof request>;

const lookEveryMs = 500;

/** Leaves a request for the process that works on the run; a file that appears whole, or not at all. */
export async function leaveRequest(folder: string, asked: RunRequest): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${asked.id}.json`);
  await writeFile(`${file}.new`, JSON.stringify(asked));
  await rename(`${file}.new`, file);
  return file;
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
        await this.#take(asked.data).catch(() => undefined);
      }
      await rm(file, { force: true });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

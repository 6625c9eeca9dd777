import { type FSWatcher, unlinkSync, watch } from "node:fs";
import { lstat, mkdir, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { type ErrorCode, type ErrorValues, errorTable, PawlError } from "../../base/errors/index.ts";
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

const refusal = z.object({
  code: z.string(),
  message: z.string(),
  fix: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  at: z.object({ file: z.string(), line: z.number().optional(), column: z.number().optional() }).optional(),
});

type Refusal = z.infer<typeof refusal>;

/** What the process that works on the run says to it: nothing, or the error. */
const answer = z.object({ refused: refusal.nullable() });

const lookEveryMs = 500;
const answerEveryMs = 50;

/**
 * Leaves a request for the process that works on the run, in a file that appears whole or not at all, and waits for
 * the answer. A request that nobody took is withdrawn: what was said not to be done is not done later.
 *
 * @param takenWithinMs how long it may lie there; as long as an answer is waited for when left out
 * @throws PawlError what the other process refused it with, INTERVENTION_REFUSED where this build does not know that;
 *   NOBODY_ANSWERED when nobody took it, and ANSWER_OVERDUE when somebody did and gave no answer in the time for it
 */
export async function askRunning(
  folder: string,
  asked: RunRequest,
  { clock, waitMs, takenWithinMs = waitMs }: { readonly clock: Clock; readonly waitMs: number; takenWithinMs?: number },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${asked.id}.json`);
  await writeWhole(file, asked);
  let found = await answerTo(folder, asked.id, { clock, waitMs: takenWithinMs });
  if (found === undefined && (await removed(file))) {
    throw new PawlError("NOBODY_ANSWERED", { run: asked.run, seconds: takenWithinMs / 1000 });
  }
  found ??= await answerTo(folder, asked.id, { clock, waitMs });
  if (found === undefined) {
    throw new PawlError("ANSWER_OVERDUE", { run: asked.run, seconds: (takenWithinMs + waitMs) / 1000 });
  }
  if (found.refused !== null) {
    throw errorOf(found.refused);
  }
}

/** Takes back a request, for who does not wait for its answer any more. @returns false when it was taken already, or never left */
export function withdrawRequest(folder: string, id: string): boolean {
  try {
    unlinkSync(join(folder, `${id}.json`));
    return true;
  } catch {
    return false;
  }
}

/** Whoever asks is told the same, and ends with the same status, whichever process carried it out. */
function errorOf({ code, message, fix, values, at }: Refusal): PawlError {
  return Object.hasOwn(errorTable, code)
    ? new PawlError(code as ErrorCode, values as ErrorValues<ErrorCode>, { at })
    : new PawlError("INTERVENTION_REFUSED", { code, message, fix });
}

async function answerTo(
  folder: string,
  id: string,
  { clock, waitMs }: { readonly clock: Clock; readonly waitMs: number },
): Promise<z.infer<typeof answer> | undefined> {
  const file = join(folder, `${id}.answer`);
  for (const until = clock.monotonic() + waitMs; clock.monotonic() < until; ) {
    const found = answer.safeParse(parsed(await readFile(file, "utf8").catch(() => "")));
    if (found.success) {
      await rm(file, { force: true });
      return found.data;
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, answerEveryMs));
  }
  return undefined;
}

/** @returns whether it was this call that removed the file */
function removed(file: string): Promise<boolean> {
  return unlink(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") {
        throw error;
      }
      return false;
    },
  );
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(value));
  await rename(`${file}.new`, file);
}

/** What is no request, and of no use any more once its process has ended. */
const ofTheTaker = /\.(json\.taken|answer|answer\.new)$/;

/**
 * Takes requests from a folder as they come. Taking one is renaming its file, so that it is either taken or withdrawn.
 * No file there can end the run: who asked is told that nobody answered.
 */
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
    await eachOf(folder, ofTheTaker, (file) => rm(file, { force: true }));
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
    await eachOf(this.#folder, /\.json$/, async (file) => {
      if (!(await lstat(file)).isFile()) {
        // A pipe would be waited for without end.
        return;
      }
      const asked = request.safeParse(parsed(await readFile(file, "utf8")));
      if (asked.success) {
        const taken = `${file}.taken`;
        await rename(file, taken);
        const refused = await this.#take(asked.data).then(() => null, described);
        await writeWhole(join(this.#folder, `${asked.data.id}.answer`), { refused });
        await rm(taken, { force: true });
      } else {
        await rm(file, { force: true });
      }
    });
  }
}

/** Does something to each file of a name, one after the other. A file that cannot be treated so is left as it is. */
async function eachOf(folder: string, named: RegExp, work: (file: string) => Promise<void>): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => named.test(each)).sort()) {
    await work(join(folder, name)).catch(() => undefined);
  }
}

function described(error: unknown): Refusal {
  const { code, message, fix, values, at } =
    error instanceof PawlError ? error : new PawlError("INTERNAL", { detail: String(error) });
  return { code, message, fix, values, ...(at !== undefined && { at }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

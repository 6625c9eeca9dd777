import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { type ErrorPlace, PawlError } from "../base/errors/index.ts";
import { Refusal, readBounded, systemCode } from "./bounded-read.ts";
import type { PatchFile } from "./plan.ts";
import type { Problems } from "./problems.ts";
import { quote } from "./quote.ts";
import type { Sketch, Sketched } from "./sketch.ts";
import type { PlanSource } from "./source.ts";

/** A patch larger than this is refused here already; each task can set a lower limit. */
const maxPatchBytes = 100 * 1024 * 1024;

const maxPromptBytes = 1024 * 1024;

/** A mail may have a long message before its patch. */
const searchedBytes = 1024 * 1024;

/** Files that tasks name, by the path as the plan has it. */
export interface Attachments {
  readonly patches: ReadonlyMap<string, PatchFile>;
  readonly prompts: ReadonlyMap<string, string>;
}

/** Folders that a file of a plan may lie in. */
export interface AttachmentRoots {
  /** The folder of the plan; relative paths start here. */
  readonly directory: string;
  /** The repository, where it is known. */
  readonly repository?: string | undefined;
}

/** Reads the patches and prompts that tasks name, each once; what is wrong with one is added to the problems. */
export async function readAttachments(
  plan: Sketch,
  roots: AttachmentRoots,
  source: PlanSource,
  problems: Problems,
): Promise<Attachments> {
  const reader = new AttachmentReader(roots, source, problems);
  for (const task of plan.workstreams.flatMap((workstream) => workstream.tasks)) {
    await reader.read(task, "patch");
    await reader.read(task, "prompt_file");
  }
  return reader;
}

class AttachmentReader implements Attachments {
  readonly patches = new Map<string, PatchFile>();
  readonly prompts = new Map<string, string>();
  readonly #roots: AttachmentRoots;
  readonly #source: PlanSource;
  readonly #problems: Problems;

  constructor(roots: AttachmentRoots, source: PlanSource, problems: Problems) {
    this.#roots = roots;
    this.#source = source;
    this.#problems = problems;
  }

  async read(task: Sketched, key: "patch" | "prompt_file"): Promise<void> {
    const path = task.written[key];
    const known = key === "patch" ? this.patches : this.prompts;
    // What is no path at all is reported with the shape of the plan.
    if (typeof path !== "string" || path === "" || path.includes("\0") || known.has(path)) {
      return;
    }
    const where = this.#source.where([...task.path, key]);
    const at = this.#source.place([...task.path, key]);
    try {
      const file = await this.#locate(path, where, at);
      if (key === "patch") {
        this.patches.set(path, await readPatch(file, path, where, at));
      } else {
        this.prompts.set(path, await readPrompt(file, path, where, at));
      }
    } catch (error) {
      if (!(error instanceof PawlError)) {
        throw error;
      }
      this.#problems.add(error);
    }
  }

  /** The absolute path without symbolic links, once it is certain to lie inside. */
  async #locate(path: string, where: string, at: ErrorPlace): Promise<string> {
    const resolved = resolve(this.#roots.directory, path);
    const shown = quote(path);
    const roots = [this.#roots.directory, this.#roots.repository].filter((root) => root !== undefined);
    if (!roots.some((root) => isInside(resolve(root), resolved))) {
      const values = { where, path: shown, resolved: quote(resolved) };
      throw new PawlError("PLAN_ATTACHMENT_OUTSIDE", values, { at });
    }
    try {
      const real = await realpath(resolved);
      const realRoots = await Promise.all(roots.map((root) => realpath(root)));
      if (!realRoots.some((root) => isInside(root, real))) {
        throw new PawlError("PLAN_ATTACHMENT_OUTSIDE", { where, path: shown, resolved: quote(real) }, { at });
      }
      return real;
    } catch (error) {
      if (error instanceof PawlError) {
        throw error;
      }
      if (systemCode(error) === "ENOENT") {
        const values = { where, path: shown, resolved: quote(resolved) };
        throw new PawlError("PLAN_ATTACHMENT_MISSING", values, { at, cause: error });
      }
      const values = { where, path: shown, detail: systemCode(error) };
      throw new PawlError("PLAN_ATTACHMENT_UNREADABLE", values, { at, cause: error });
    }
  }
}

function isInside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function readPatch(file: string, path: string, where: string, at: ErrorPlace): Promise<PatchFile> {
  const content = await readContent(file, path, maxPatchBytes, where, at);
  if (!looksLikePatch(content)) {
    const values = { where, path: quote(path), searchedBytes: Math.min(searchedBytes, content.length) };
    throw new PawlError("PLAN_PATCH_NOT_A_PATCH", values, { at });
  }
  return { file, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
}

/**
 * Only the first header is looked for; whether the patch is sound is found out where it is applied. A mail may have
 * its patch as base64, in which no header is seen.
 */
function looksLikePatch(content: Buffer): boolean {
  // latin1 keeps every byte, and cuts no character in two at the end.
  const start = content.toString("latin1", 0, searchedBytes);
  return /^diff --git |^--- [^\n]+\n\+\+\+ |^content-transfer-encoding:[ \t]*base64[ \t]*\r?$/im.test(start);
}

async function readPrompt(file: string, path: string, where: string, at: ErrorPlace): Promise<string> {
  const content = await readContent(file, path, maxPromptBytes, where, at);
  if (!isUtf8(content)) {
    throw new PawlError("PLAN_PROMPT_NOT_UTF8", { where, path: quote(path) }, { at });
  }
  return new TextDecoder().decode(content);
}

async function readContent(
  file: string,
  path: string,
  limitBytes: number,
  where: string,
  at: ErrorPlace,
): Promise<Buffer> {
  const shown = quote(path);
  const content = await readBounded(file, limitBytes).catch((cause: unknown) => {
    throw new PawlError("PLAN_ATTACHMENT_UNREADABLE", { where, path: shown, detail: systemCode(cause) }, { at, cause });
  });
  if (content instanceof Refusal) {
    if (content.reason === "too large") {
      throw new PawlError(
        "PLAN_ATTACHMENT_TOO_LARGE",
        { where, path: shown, bytes: content.bytes, limitBytes },
        { at },
      );
    }
    const detail = `it is ${content.reason}`;
    throw new PawlError("PLAN_ATTACHMENT_UNREADABLE", { where, path: shown, detail }, { at });
  }
  if (content.length === 0) {
    throw new PawlError("PLAN_ATTACHMENT_EMPTY", { where, path: shown }, { at });
  }
  return content;
}

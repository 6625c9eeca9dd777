/** What a patch does to one file. */
export interface FileChange {
  readonly status: "added" | "deleted" | "modified" | "renamed" | "copied";
  /** With `/`, from the top of the tree; null for an added file. */
  readonly oldPath: string | null;
  /** Null for a deleted file. */
  readonly newPath: string | null;
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule); null where the patch does not say. */
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly binary: boolean;
  /** Lines; 0 for a binary file. */
  readonly added: number;
  readonly removed: number;
  /** Where the new version is a symlink: where it points. */
  readonly linkTarget: string | null;
}

/** Author and message of a mail made by `git format-patch`. */
export interface PatchMail {
  readonly author: { readonly name: string; readonly email: string };
  /** As the mail has it (RFC 2822), which git reads; null when there is none. */
  readonly date: string | null;
  /** Subject, empty line, body. */
  readonly message: string;
}

/** A patch that was read. */
export interface Patch {
  /** As it was given. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`, hexadecimal. */
  readonly sha256: string;
  /** What git is given to apply: only what was understood, so that nothing else can hide in it. */
  readonly diff: Buffer;
  readonly mail: PatchMail | null;
  readonly files: readonly FileChange[];
  readonly added: number;
  readonly removed: number;
}

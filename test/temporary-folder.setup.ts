import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * All that the tests and the programs they start put into the folder for temporary files goes into one folder, which is
 * gone after them. Its name is short: what a test puts there may be a socket, whose path has a limit of about 100 bytes.
 */
export default function ownTemporaryFolder(): () => void {
  const before = process.env["TMPDIR"];
  const folder = mkdtempSync(join(tmpdir(), "pawl-"));
  process.env["TMPDIR"] = folder;
  return () => {
    if (before === undefined) {
      delete process.env["TMPDIR"];
    } else {
      process.env["TMPDIR"] = before;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

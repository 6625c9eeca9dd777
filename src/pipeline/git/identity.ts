import { type GitCall, runGit } from "./process.ts";

/** Who made a commit. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

const fallback: Identity = { name: "Pawl", email: "pawl@localhost" };

/**
 * Author and committer as git's configuration and environment name them. Git would make up a missing one from the
 * names of the account and the machine; Pawl says `Pawl <pawl@localhost>` instead.
 */
export async function readIdentities(
  git: Required<Pick<GitCall, "cwd" | "env">>,
): Promise<{ readonly author: Identity; readonly committer: Identity }> {
  const args = ["config", "-z", "--get-regexp", "^(user|author|committer)\\.(name|email)$"];
  const { stdout } = await runGit({ ...git, args, answers: [0, 1] });
  const configured = new Map<string, string>();
  for (const entry of stdout.toString().split("\0")) {
    const cut = entry.indexOf("\n");
    if (cut > 0) {
      configured.set(entry.slice(0, cut), entry.slice(cut + 1));
    }
  }
  const identity = (role: "author" | "committer"): Identity => {
    const value = (part: "name" | "email", variable: string): string | undefined =>
      [process.env[variable], configured.get(`${role}.${part}`), configured.get(`user.${part}`)].find(Boolean);
    const name = value("name", `GIT_${role.toUpperCase()}_NAME`);
    const email = value("email", `GIT_${role.toUpperCase()}_EMAIL`) ?? process.env["EMAIL"];
    return name === undefined || email === undefined ? fallback : { name, email };
  };
  return { author: identity("author"), committer: identity("committer") };
}

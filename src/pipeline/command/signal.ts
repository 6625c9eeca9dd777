/** True if a process group has members, be they only zombies. */
export function groupIsAlive(group: number): boolean {
  return send(-group, 0) !== "gone";
}

/** Sends a signal to a process, or with a negative number to a group, and says whether it is there and ours to signal. */
export function send(target: number, signal: NodeJS.Signals | 0): "sent" | "gone" | "forbidden" {
  try {
    process.kill(target, signal);
    return "sent";
  } catch (error) {
    // EPERM: it has changed its user, and only that user can stop it.
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "forbidden" : "gone";
  }
}

/** As XState does with errors of observers: reported, not swallowed, and nobody else's. */
export function reportUnhandled(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

// All controls but tab and newline, and the marks that turn the direction of the text around them.
const unfit = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text that cannot steer a terminal. Names of files stand in errors, subjects of commits come from patches: neither is
 * anybody's whom the reader must trust.
 */
export function harmless(text: string): string {
  return text.replace(unfit, "\ufffd");
}

/** The same as one line. */
export function oneLine(text: string): string {
  return harmless(text.replace(/\s+/g, " "));
}

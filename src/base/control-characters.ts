/**
 * Whether a text holds one of Unicode's control characters (C0, DEL, C1). They steer terminals, end lines and hide
 * what is there, so no name of anything may have one.
 */
export function holdsControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** The same for text of more than one line: tab and newline belong to it. */
export function holdsControlsBesidesLayout(text: string): boolean {
  return /(?![\t\n])\p{Cc}/u.test(text);
}

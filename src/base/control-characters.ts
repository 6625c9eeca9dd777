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

/** Whether a text holds one half of a surrogate pair: no bytes stand for it, and it would silently become another character. */
export function holdsHalfCharacters(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

// All controls but tab and newline, and the marks that turn the direction of the text around them.
const steering = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

/** A value as JSON in one line that cannot steer a terminal. JSON itself escapes only some of what would. */
export function harmlessJson(value: unknown): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(steering, escaped);
}

/** Text that cannot steer a terminal: what would becomes U+FFFD. */
export function harmless(text: string): string {
  return text.replace(steering, "\ufffd");
}

/** Tags as they stand in their column: ` a b `, each between two spaces, so that one is found by its text. */

/** A tag without its spaces, which part the tags. */
export const tagText = (tag: string): string =>
  String(tag).replace(/[\\ ]/g, (character) => (character === " " ? "\\u0020" : "\\\\"));

export function tagsText(tags: readonly string[]): string {
  return tags.length === 0 ? "" : ` ${tags.map(tagText).join(" ")} `;
}

export function tagsOf(text: string): string[] {
  return text
    .split(" ")
    .filter((tag) => tag !== "")
    .map((tag) => tag.replace(/\\(\\|u0020)/g, (_, escaped) => (escaped === "\\" ? "\\" : " ")));
}

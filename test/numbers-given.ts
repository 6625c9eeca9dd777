/**
 * The whole numbers that a script was started with, each in the place of the one that it takes by default. Of anything
 * else it would make a proof of nothing, and call it passed.
 */
export function numbersGiven<T extends readonly number[]>(
  defaults: readonly [...T],
  given: readonly string[] = process.argv.slice(2),
): { -readonly [K in keyof T]: number } {
  const odd = given.find((text, index) => !/^\d{1,15}$/.test(text) || index >= defaults.length);
  if (odd !== undefined) {
    throw new Error(
      `${odd} is too much, or no whole number: at most ${defaults.length} are taken, as in ${defaults.join(" ")}`,
    );
  }
  return defaults.map((usual, index) => (given[index] === undefined ? usual : Number(given[index]))) as never;
}

/** Longer names are no typing mistakes of anything, and comparing them costs time. */
const longestName = 80;

/**
 * The known name that differs least from the given one, for "did you mean": at most a third of its letters, and
 * no more than three, may be wrong, missing, too many or swapped with the next. Case never counts, and of equally
 * near names the first wins.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > longestName) {
    return undefined;
  }
  let best: string | undefined;
  let limit = Math.min(3, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < limit) {
      best = candidate;
      limit = distance;
    }
  }
  return best;
}

/** Single-letter changes and swaps of neighbours from a to b, or `limit` as soon as it is certain to reach it. */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= limit) {
    return limit;
  }
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? beforeLast[j - 2]! + 1 : limit;
      row.push(Math.min(replaced, swapped, last[j]! + 1, row[j - 1]! + 1));
    }
    if (Math.min(...last, ...row) >= limit) {
      return limit;
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length]!, limit);
}

/** Something that reaches goals at a cost. */
export interface Candidate {
  readonly reaches: ReadonlySet<string>;
  readonly cost: number;
}

/**
 * A small choice that reaches all that the candidates reach together: again and again the one that reaches most of what
 * is left, the cheaper one first between equals. Keeps their order.
 */
export function smallSelection<C extends Candidate>(candidates: readonly C[], goals: readonly string[]): C[] {
  const left = new Set(goals);
  const chosen = new Set<C>();
  // What a candidate adds only shrinks, so a bound from an earlier round stays true: most need no second look.
  const queue = candidates.map((candidate) => ({ candidate, bound: gain(candidate, left) }));
  while (left.size > 0) {
    let best: C | undefined;
    let bestGain = 0;
    for (const entry of queue) {
      if (entry.bound < bestGain || entry.bound === 0) {
        continue;
      }
      entry.bound = gain(entry.candidate, left);
      const better = entry.bound > bestGain || (entry.bound === bestGain && entry.candidate.cost < (best?.cost ?? 0));
      if (entry.bound > 0 && better) {
        best = entry.candidate;
        bestGain = entry.bound;
      }
    }
    if (best === undefined) {
      break;
    }
    chosen.add(best);
    for (const goal of best.reaches) {
      left.delete(goal);
    }
  }
  return candidates.filter((candidate) => chosen.has(candidate) && !isSuperfluous(candidate, chosen, goals));
}

function gain(candidate: Candidate, left: ReadonlySet<string>): number {
  let count = 0;
  for (const goal of candidate.reaches) {
    count += left.has(goal) ? 1 : 0;
  }
  return count;
}

/** An early choice can turn out to be covered by the later ones; it is then taken out. */
function isSuperfluous<C extends Candidate>(candidate: C, chosen: Set<C>, goals: readonly string[]): boolean {
  const wanted = new Set(goals);
  const others = [...chosen].filter((other) => other !== candidate);
  const needed = [...candidate.reaches].some(
    (goal) => wanted.has(goal) && !others.some((other) => other.reaches.has(goal)),
  );
  if (!needed) {
    chosen.delete(candidate);
  }
  return !needed;
}

/** What Linux says of a process in `/proc/<pid>/stat`. */
export interface ProcStat {
  /** It has ended, though its parent may not have asked about it yet. */
  readonly isDead: boolean;
  /** A field from the third on, by its number in proc(5): 4 the parent, 22 the start in ticks since boot. */
  field(number: number): string;
}

export function parseProcStat(text: string): ProcStat {
  // The second field, the name in brackets, may itself hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number): string => fields[number - 3] ?? "";
  const state = field(3);
  // A process whose first thread has ended is a zombie by name only while other threads go on.
  return { isDead: state === "X" || (state === "Z" && Number(field(20)) <= 1), field };
}

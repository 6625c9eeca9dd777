/** What Linux says of a process in `/proc/<pid>/stat`. */
export interface ProcStat {
  /** Of its program, cut after 15 bytes. */
  readonly name: string;
  /** It has ended, though its parent may not have asked about it yet. */
  readonly isDead: boolean;
  /** A field from the third on, by its number in proc(5): 4 the parent, 22 the start in ticks since boot. */
  field(number: number): string;
}

export function parseProcStat(text: string): ProcStat {
  // The second field, the name in brackets, may itself hold blanks and brackets.
  const end = text.lastIndexOf(")");
  const name = text.slice(text.indexOf("(") + 1, end);
  const fields = text.slice(end + 2).split(" ");
  const field = (number: number): string => fields[number - 3] ?? "";
  const state = field(3);
  // A process whose first thread has ended is a zombie by name only while other threads go on.
  return { name, isDead: state === "X" || (state === "Z" && Number(field(20)) <= 1), field };
}

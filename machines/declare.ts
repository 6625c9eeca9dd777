import type { Severity, Since, StateMeta, TransitionMeta } from "./entry.ts";

/** The outermost states that a transition leads from and to. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

interface Options<G extends string, A extends string> {
  readonly guard?: G;
  /** What the guard asks for, in words. */
  readonly asks?: string;
  readonly actions?: readonly A[];
  readonly severity?: Severity;
  readonly since?: Since;
  readonly override?: true;
}

interface Declared<G extends string, A extends string> {
  readonly target: string;
  readonly guard?: G;
  readonly description: string;
  readonly meta: TransitionMeta;
  readonly actions: (A | { readonly type: "announce"; readonly params: Move })[];
}

/**
 * Declares the transitions of one machine: what the catalogue, the constraints, the diagrams and the audit read.
 * Each one's last action, `announce`, tells the parent of the move.
 * @param isNews whether the parent has to know of a move; it has of all without it
 */
export function declarer(machineId: string, section: string, isNews: (move: Move) => boolean = () => true) {
  return <const G extends string = never, const A extends string = never>(
    from: string,
    to: string,
    trigger: string,
    description: string,
    options: Options<G, A> = {},
  ): Declared<G, A> => ({
    // By id: nested states declare transitions between outermost ones too.
    target: `#${machineId}.${to}`,
    ...(options.guard !== undefined && { guard: options.guard }),
    description,
    meta: {
      trigger,
      section,
      severity: options.severity ?? "info",
      since: options.since ?? "1.0.0",
      ...(options.asks !== undefined && { guard: options.asks }),
      ...(options.override !== undefined && { override: options.override }),
    },
    actions: [
      ...(options.actions ?? []),
      ...(isNews({ from, to }) ? [{ type: "announce" as const, params: { from, to } }] : []),
    ],
  });
}

/** Description and meta of a state. */
export function stateMeta(
  section: string,
  description: string,
  since: Since = "1.0.0",
): { readonly description: string; readonly meta: StateMeta } {
  return { description, meta: { section, since } };
}

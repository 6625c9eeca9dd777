import fc from "fast-check";

/** What a gate says of a tree: `nobad` is red where a file `bad` is there, a flaky one says what it likes. */
type Fate = "green" | "red" | "flaky" | "nobad";

interface RandomGate {
  readonly run: string | readonly string[];
  readonly after?: readonly string[];
  readonly fate: Fate;
  readonly expected_exit_code?: number;
  readonly timeout?: string;
  /** How often it is taken, beside the others. */
  readonly weight: number;
}

/** The gates of all random plans. */
export const gates: Readonly<Record<string, RandomGate>> = {
  ok: { run: "true", fate: "green", weight: 12 },
  slow: { run: "sleep 0.1", after: ["ok"], fate: "green", weight: 3 },
  code: { run: ["sh", "-c", "exit 3"], expected_exit_code: 3, fate: "green", weight: 6 },
  messy: { run: "echo junk > shared/0.txt; echo junk > junk.txt; rm -f old/1.txt", fate: "green", weight: 6 },
  nobad: { run: "test ! -e bad", after: ["ok"], fate: "nobad", weight: 14 },
  flaky: { run: "test $(($(od -An -N1 -tu1 /dev/urandom) % 5)) -ne 0", after: ["ok"], fate: "flaky", weight: 2 },
  red: { run: "false", fate: "red", weight: 1 },
  behind: { run: "true", after: ["red"], fate: "red", weight: 1 },
  hangs: { run: "sleep 30", timeout: "200ms", fate: "red", weight: 1 },
  dies: { run: "kill -9 $$", fate: "red", weight: 1 },
};

/** Some gates or none, most often of those that pass. */
export function someGates(weightOfSome: number): fc.Arbitrary<string[]> {
  const name = fc.oneof(
    ...Object.entries(gates).map(([gate, { weight }]) => ({ arbitrary: fc.constant(gate), weight })),
  );
  return fc.oneof(
    { arbitrary: fc.constant<string[]>([]), weight: 6 },
    { arbitrary: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }), weight: weightOfSome },
  );
}

/** Gates with all that they depend on. */
export function withEarlier(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => [...withEarlier(gates[name]?.after ?? []), name]))];
}

export const fateOf = (gate: string): Fate => gates[gate]?.fate ?? "green";

/** The gates as a plan has them. */
export const gatesOfPlan = Object.fromEntries(
  Object.entries(gates).map(([name, { after, fate: _, weight: __, ...rest }]) => [
    name,
    { type: "UNIT", ...rest, depends_on: after ?? [] },
  ]),
);

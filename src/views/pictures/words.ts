import type { DiagramFan, DiagramLabel } from "./diagram.ts";

/** The trigger, with the steps of the way at which it was taken: `worker_started (2, 5)`. */
export function labelText(label: DiagramLabel): string {
  return withSteps(label.transition.trigger, label.steps);
}

const lineLength = 27;

/** The lines of the note of a fan: its trigger, then where it comes from. */
export function fanLines(fan: DiagramFan): [string, ...string[]] {
  const first = withSteps(fan.trigger, fan.steps);
  if (fan.fromAll) {
    return [first, "from all but the ends"];
  }
  const lines: string[] = [];
  for (const name of fan.from) {
    const last = lines.at(-1);
    const longer = last === undefined ? `from ${name}` : `${last}, ${name}`;
    if (last !== undefined && longer.length > lineLength) {
      lines.push(name);
    } else {
      lines.splice(-1, 1, longer);
    }
  }
  return [first, ...lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line))];
}

function withSteps(trigger: string, steps: readonly number[]): string {
  return steps.length === 0 ? trigger : `${trigger} (${steps.join(", ")})`;
}

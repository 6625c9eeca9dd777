import type { MachineEntry } from "../../../machines/entry.ts";
import { mermaidOf } from "./mermaid.ts";
import { ssotPage } from "./ssot-page.ts";
import { svgOf } from "./svg.ts";
import { transitionTableOf } from "./transition-table.ts";

/** All generated pictures and pages of a catalogue: text by path below `visualizations/`. */
export function pictureFiles(entries: readonly MachineEntry[]): ReadonlyMap<string, string> {
  const files = new Map([["SSOT.md", ssotPage(entries)]]);
  for (const entry of entries) {
    const stem = `${entry.namespace}/${entry.name}`;
    files.set(`${stem}.mmd`, mermaidOf(entry));
    files.set(`${stem}.svg`, svgOf(entry));
    files.set(`${stem}.md`, tablePage(entry));
  }
  return files;
}

function tablePage(entry: MachineEntry): string {
  return `# ${entry.name}: transitions\n\n![State machine ${entry.name}](${entry.name}.svg)\n\n${transitionTableOf(entry)}\n`;
}

export type { PictureOptions, WayStep } from "./diagram.ts";
export { pictureFiles } from "./files.ts";
export { mermaidOf } from "./mermaid.ts";
export { ssotPage } from "./ssot-page.ts";
export { entryJsonOf, statelyOf } from "./stately.ts";
export { svgOf } from "./svg.ts";
export { staleFiles, writeFiles } from "./sync.ts";
export { transitionTableOf } from "./transition-table.ts";

/** The runtime as it is shipped: `npm run build` first. */
const compiled = new URL("../../dist/src/runtime/index.js", import.meta.url).href;
export const { openRuntime } = (await import(compiled)) as typeof import("../../src/runtime/index.ts");

// The rooms and the arrows between them (README, "Rooms").
const rooms = {
  base: [],
  plan: ["base"],
  store: ["base", "machines"],
  runtime: ["base", "store"],
  testing: ["base"],
  views: ["base", "store", "machines"],
  pipeline: ["base", "plan", "store", "runtime", "machines"],
  cli: ["base", "plan", "store", "runtime", "machines", "views", "pipeline", "testing"],
};

const pathOf = (room) => (room === "machines" ? "^machines/" : `^src/${room}/`);

const arrows = Object.entries(rooms).map(([room, targets]) => ({
  name: `${room}-knows-only-${targets.join("-") || "itself"}`,
  severity: "error",
  from: { path: pathOf(room) },
  to: { path: "^(src|machines)/", pathNot: [room, ...targets].map(pathOf) },
}));

module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "machines-import-only-xstate-and-themselves",
      comment: "I11",
      severity: "error",
      from: { path: "^machines/" },
      to: { pathNot: ["^machines/", "node_modules/xstate/"] },
    },
    {
      name: "runtime-by-its-door",
      comment: "The pipeline knows the runtime only by its public API.",
      severity: "error",
      from: { path: "^src/(pipeline|cli|views)/" },
      to: { path: "^src/runtime/", pathNot: "^src/runtime/index\\.ts$" },
    },
    {
      name: "store-by-its-port",
      comment: "The runtime knows a store by its port and the form of what is kept, and SQLite only to open a file.",
      severity: "error",
      from: { path: "^src/runtime/" },
      to: { path: "^src/store/", pathNot: "^src/store/(port|fold|tags|sqlite/open)\\.ts$" },
    },
    {
      name: "xstate-stays-out-of-store-and-views",
      severity: "error",
      from: { path: "^src/(base|plan|store)/" },
      to: { path: "node_modules/xstate/" },
    },
    ...arrows,
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};

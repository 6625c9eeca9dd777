export { type DependencyNode, type DependencyOrder, orderByDependency } from "./graph.ts";
export { type JsonSchema, planJsonSchema } from "./json-schema.ts";
export type {
  AgentTask,
  Changes,
  Command,
  Environment,
  Gate,
  Limits,
  PatchFile,
  PatchTask,
  Plan,
  Retries,
  RunTask,
  Task,
  Tool,
  Workstream,
} from "./plan.ts";
export { PlanErrors } from "./problems.ts";
export { type ParsePlanOptions, parsePlan, type ReadPlanOptions, readPlan } from "./read.ts";
export type { Placeholder } from "./schema/command.ts";

import type { Processes } from "./process-info.ts";
import { linuxProcesses } from "./processes-linux.ts";
import { psProcesses } from "./processes-ps.ts";

/** The processes of this machine. */
export const systemProcesses: Processes = process.platform === "linux" ? linuxProcesses() : psProcesses();

import type { Ids } from "../../base/ids.ts";
import type { Clock } from "../../base/time.ts";
import type { StoredAuditRow } from "../../store/port.ts";
import type { Repository } from "../git/index.ts";
import type { StateFolder } from "../state/index.ts";
import type { Probe } from "./probe.ts";

export interface PipelineOptions {
  readonly repository: Repository;
  readonly state: StateFolder;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Where the values of a plan's secrets come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True to open a run of another build too, so far as to cancel it. */
  readonly toCancel?: boolean;
  /** Told of each transition once it is on disk. */
  readonly onTransition?: (audit: StoredAuditRow) => void;
  /** Called where a crash makes a difference, so that a test can crash there. */
  readonly probe?: Probe | undefined;
}

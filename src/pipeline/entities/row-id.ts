/** Ids of rows. Those of the machines are unique within a run only; a row's is unique in the store. */
export function rowId(runId: string, entityId: string): string {
  return `${runId}/${entityId}`;
}

export function rowIds(runId: string, entityIds: readonly string[]): string {
  return JSON.stringify(entityIds.map((id) => rowId(runId, id)));
}

export function rowIdOrNull(runId: string, entityId: string | null): string | null {
  return entityId === null ? null : rowId(runId, entityId);
}

/** As SQLite keeps a boolean. */
export function bit(value: boolean): number;
export function bit(value: boolean | null): number | null;
export function bit(value: boolean | null): number | null {
  return value === null ? null : Number(value);
}

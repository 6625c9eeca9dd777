/** A store has one writer at a time (I8): the claim on a file keeps others away, this keeps two runtimes of one store apart. */
import { PawlError } from "../base/errors/index.ts";
import type { Ids } from "../base/ids.ts";
import type { Clock } from "../base/time.ts";
import type { Durability, Store } from "../store/port.ts";
import { openSqlite } from "../store/sqlite/open.ts";
import type { Closed } from "./closed.ts";

interface Asked {
  readonly file?: string | undefined;
  readonly durability?: Durability | undefined;
  readonly waitMs?: number | undefined;
}

const retryClaimEveryMs = 50;

/** @throws PawlError STORE_IN_USE, and what else keeps a file from being opened */
export async function claimed(options: Asked, clock: Clock, ids: Ids): Promise<Store> {
  const deadline = clock.monotonic() + (options.waitMs ?? 0);
  for (;;) {
    try {
      return openSqlite({ file: options.file ?? ":memory:", durability: options.durability, clock, ids });
    } catch (error) {
      const isBusy = error instanceof PawlError && (error.code === "STORE_IN_USE" || error.code === "STORE_LOCKED");
      if (!isBusy || clock.monotonic() >= deadline) {
        throw error;
      }
      await new Promise<void>((resolve) => clock.setTimeout(resolve, retryClaimEveryMs));
    }
  }
}

const users = new WeakMap<Store, { readonly closed: Closed | undefined }>();

/** Each would give its actors the numbers of the other's. @throws PawlError STORE_SHARED */
export function refuseShared(store: Store): void {
  const user = users.get(store);
  if (user !== undefined && user.closed === undefined) {
    throw new PawlError("STORE_SHARED", { store: store.storeId });
  }
}

export function noteUser(store: Store, user: { readonly closed: Closed | undefined }): void {
  users.set(store, user);
}

/**
 * Which store a deployment works on. The store's first user writes its id there once; it travels with every workflow and
 * activity, so that a worker that is pointed at another store finds out before it touches anything.
 */

/** Header of workflows and activities: the store's id. */
export const storeHeader = 'saltworks-store';

/** What processes are called in Temporal, and their store: `PROCESS@HOST/VERSION/STORE`, the first eight characters of its id. */
export const identityOf = (process: string, store: string): string => `${process}/${store.slice(0, 8)}`;

/** The process's own name, and its version: `PROCESS@HOST/VERSION`. */
export const processName = (process: string, version: string): string => `${process}/${version}`;

/** The version that a process says it has; undefined of processes of before they said so. */
export const versionOf = (identity: string): string | undefined =>
  /\/(\d+\.\d+\.[^/]+)\/[0-9a-f]{8}$/.exec(identity)?.[1];

/** @returns whether a process that is called so works on another store; undefined if its name does not say */
export function isElsewhere(identity: string, store: string): boolean | undefined {
  const said = /\/([0-9a-f]{8})$/.exec(identity)?.[1];
  return said === undefined ? undefined : said !== store.slice(0, 8);
}

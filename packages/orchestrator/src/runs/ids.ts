/** Ids of runs: KIND/DATASET/OF. */
import { type RunKind, runWorkflows } from '@saltworks/contract/messages/runs';

export const runKinds = Object.keys(runWorkflows) as RunKind[];

/** @param of id of the keys, recipe, or FORMAT/RECIPE */
export const runId = (kind: RunKind, dataset: string, of: string): string => `${runPrefix(kind, dataset)}${of}`;

/** Begins the ids of all runs of a kind over a dataset. */
export const runPrefix = (kind: RunKind, dataset: string): string => `${kind}/${dataset}/`;

export function partsOfRun(id: string): { kind: RunKind; of: string } {
  const [kind, , ...of] = id.split('/');
  return { kind: kind as RunKind, of: of.join('/') };
}

/** Temporal's note about a run: the id of the keys that it makes or draws on. */
export const memoOf = (keys: string | undefined): Record<string, unknown> | undefined =>
  keys === undefined ? undefined : { keys };

/** Null of exports, and of runs that earlier versions started. */
export const keysOfRun = (memo: Record<string, unknown> | undefined): string | null =>
  typeof memo?.keys === 'string' ? memo.keys : null;

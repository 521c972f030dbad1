/** The objects that a backup holds. */
import {
  allExportsPrefix,
  type Keeping,
  keepingOf,
  keptPrefixes,
  maskKey,
  masksPrefix,
} from '@saltworks/contract/layout';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** What a backup may hold besides what cannot be made again. */
export type Extra = 'masks' | 'exports';

export interface Wanted {
  key: string;
  /** Undefined where nobody has looked yet. */
  size?: number;
  keeping: Keeping;
}

/**
 * In the order of their keys' bytes.
 *
 * @param masks the ids of those that rows of the database name, sorted
 */
export async function* wantedObjects(
  store: ObjectStore,
  extras: readonly Extra[],
  masks: AsyncIterable<string>,
  options?: CallOptions,
): AsyncGenerator<Wanted> {
  const holds = new Set<Keeping | undefined>(['kept', 'changing', ...extras]);
  for (const prefix of keptPrefixes) {
    if (prefix === masksPrefix && !extras.includes('masks')) {
      for await (const id of masks) {
        for (const extension of ['.json', '.png'] as const) yield { key: maskKey(id, extension), keeping: 'masks' };
      }
      continue;
    }
    if (prefix === allExportsPrefix && !extras.includes('exports')) continue;
    for await (const { key, size } of store.list(prefix, options)) {
      const keeping = keepingOf(key);
      if (holds.has(keeping)) yield { key, size, keeping: keeping! };
    }
  }
}

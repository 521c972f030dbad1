/** Reports that were read: the pages that show them ask again and again. */
import type { ObjectStore } from '@saltworks/store/objects/store';
import { LRUCache } from 'lru-cache';

/**
 * A reader that remembers, by store: a report of this version stays as it is, unless it says `again`.
 *
 * @param most reports that are remembered
 * @param keyOf where the report of a subject lies
 * @param read resolves to undefined where there is no report of this version
 */
export function remembered<Subject, Report extends object>(
  most: number,
  keyOf: (subject: Subject) => string,
  read: (store: ObjectStore, subject: Subject) => Promise<Report | undefined>,
): (store: ObjectStore, subject: Subject) => Promise<Report | undefined> {
  const stores = new WeakMap<ObjectStore, LRUCache<string, Report>>();
  return async (store, subject) => {
    const known = stores.get(store) ?? new LRUCache<string, Report>({ max: most });
    stores.set(store, known);
    const key = keyOf(subject);
    const report = known.get(key) ?? (await read(store, subject));
    if (report && !('again' in report)) known.set(key, report);
    return report;
  };
}

/** Exports as they lie in a store. */
import { exportPrefix, exportReportsPrefix, exportSummaryKey } from '@saltworks/contract/layout';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Removes an export: its summary first, so that nobody takes the rest for whole. Can be repeated. */
export async function removeExport(
  store: ObjectStore,
  dataset: string,
  id: string,
  options?: CallOptions,
): Promise<void> {
  await store.delete(exportSummaryKey(dataset, id), options);
  for (const prefix of [exportPrefix(dataset, id), exportReportsPrefix(dataset, id)]) {
    for await (const { key } of store.list(prefix, options)) await store.delete(key, options);
  }
}

/** Images that a dataset's runs could not use, page by page. */
import type { Page } from '@saltworks/contract/api/fields';
import type { DatasetFailure } from '@saltworks/contract/api/mask-sets';
import { datasetPrefix } from '@saltworks/contract/layout';
import { type FailurePlace, failuresFrom } from '@saltworks/store/datasets/failures';
import { isKey, type ObjectStore } from '@saltworks/store/objects/store';
import { NotFoundError } from '../errors.ts';

/** Reports that one request reads at most: nearly all name no failure. */
const mostReports = 256;

/** @throws NotFoundError for a cursor of another list */
export async function listFailures(
  store: ObjectStore,
  dataset: string,
  { after, limit }: { after?: string; limit: number },
): Promise<Page<DatasetFailure>> {
  const items: DatasetFailure[] = [];
  let reports = 0;
  const from = after === undefined ? undefined : placeOf(dataset, after);
  for await (const { key, index, failure } of failuresFrom(store, dataset, { after: from })) {
    if (failure) items.push(failure);
    else reports++;
    const full = items.length === limit || reports === mostReports;
    if (full) return { items, next: Buffer.from(JSON.stringify([key, index])).toString('base64url') };
  }
  return { items, next: null };
}

function placeOf(dataset: string, text: string): FailurePlace {
  try {
    const [key, index] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isKey(key) && key.startsWith(datasetPrefix(dataset)) && Number.isInteger(index)) return { key, index };
  } catch {
    // The error below covers it.
  }
  throw new NotFoundError('after: no place in this list; expected the `next` of its last part');
}

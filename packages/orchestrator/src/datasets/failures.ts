/** Images that a dataset's runs could not use, page by page. */
import type { Page } from '@saltworks/contract/api/fields';
import type { DatasetFailure } from '@saltworks/contract/api/mask-sets';
import { datasetPrefix } from '@saltworks/contract/layout';
import * as z from '@saltworks/contract/zod';
import { type FailurePlace, failuresFrom } from '@saltworks/store/datasets/failures';
import { isKey, type ObjectStore } from '@saltworks/store/objects/store';
import { decodeCursor, encodeCursor } from '../cursor.ts';

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
    if (full) return { items, next: encodeCursor([key, index]) };
  }
  return { items, next: null };
}

function placeOf(dataset: string, text: string): FailurePlace {
  const within = z.string().check(z.refine((key) => isKey(key) && key.startsWith(datasetPrefix(dataset))));
  const [key, index] = decodeCursor(z.tuple([within, z.int()]), text);
  return { key, index };
}

/** Where a scheduled import reads: its own source, or the one that the dataset was imported from. */
import { isAbsolute } from 'node:path';
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ImportRequest } from '@saltworks/contract/messages/schedules';
import { findDataset } from '@saltworks/store/datasets/dataset';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** @throws InvalidInputError if workers could not tell which folder it is */
export async function importOf(
  store: ObjectStore,
  { dataset, source: given }: Extract<ScheduleWork, { kind: 'import' }>,
): Promise<ImportRequest> {
  const before = given === undefined ? await findDataset(store, dataset) : undefined;
  const source = given ?? before?.source;
  if (source === undefined) throw new InvalidInputError(`no dataset ${dataset}; expected a source to import it from`);
  if (source.startsWith('s3://') || isAbsolute(source)) {
    return { dataset, source, ...(before?.labels && { labels: before.labels }) };
  }
  throw new InvalidInputError(
    `${given === undefined ? `${dataset} came from` : 'source'} ${source}; expected s3://bucket/prefix, or a folder with its whole path`,
  );
}

/** COCO's JSON documents, as exports write them. */
import type { Category } from '@saltworks/contract/categories';
import { type ExportDataset, type ExportDocument, type ExportImage, partName, partsOf } from '../exporter.ts';

/** An image in the list `images`. */
export const imageLine = ({ id, fileName, mask: { width, height }, origin, corrected, attributes }: ExportImage) =>
  JSON.stringify({ id, file_name: fileName, width, height, origin, corrected, ...(attributes && { attributes }) });

/** A category in the list `categories`. */
export const writtenCategory = ({ id, name, isthing }: Category) => ({
  id,
  name,
  supercategory: isthing ? 'thing' : 'stuff',
});

/**
 * A document for each part: `panoptic.json`, or `panoptic_train.json` and others.
 *
 * @param categories the list `categories`
 */
export function cocoDocuments(kind: string, dataset: ExportDataset, categories: readonly object[]): ExportDocument[] {
  return partsOf(dataset).map((split) => cocoDocument(partName(kind, split), split, dataset, categories));
}

function cocoDocument(
  stem: string,
  split: string | undefined,
  { name, date, keys, build, schema, origin }: ExportDataset,
  categories: readonly object[],
): ExportDocument {
  const info = {
    description: name,
    date_created: date,
    contributor: '',
    url: '',
    version: '1.0',
    ...(keys && { keys }),
    ...(build !== undefined && { build }),
    ...(schema !== undefined && { schema }),
    ...(origin !== undefined && { origin }),
  };
  const list = (name: string) => ({ list: partName(name, split), between: ',\n', after: '' });
  return {
    path: `${stem}.json`,
    parts: [
      `{"info":${JSON.stringify(info)},\n"licenses":[],\n"images":[\n`,
      list('images'),
      '\n],\n"annotations":[\n',
      list('annotations'),
      `\n],\n"categories":${JSON.stringify(categories)}}\n`,
    ],
  };
}

/** COCO's JSON documents, as exports write them. */
import type { Category } from '@saltworks/contract/categories';
import { distinctNames, type ExportDataset, type ExportDocument, type ExportImage } from '../exporter.ts';

/** An image in the list `images`. */
export const imageLine = ({ id, fileName, mask: { width, height } }: ExportImage) =>
  JSON.stringify({ id, file_name: fileName, width, height });

/** The dataset's categories, each under a name of its own. */
export function writtenCategories(categories: readonly Category[]) {
  const names = distinctNames(categories);
  return categories.map(({ id, isthing }, i) => ({ id, name: names[i], supercategory: isthing ? 'thing' : 'stuff' }));
}

/** @param categories the list `categories`; the lists `images` and `annotations` take the lines of those names */
export function cocoDocument(
  path: string,
  { name, date, keys, build, schema }: ExportDataset,
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
  };
  const list = (list: string) => ({ list, between: ',\n', after: '' });
  return {
    path,
    parts: [
      `{"info":${JSON.stringify(info)},\n"licenses":[],\n"images":[\n`,
      list('images'),
      '\n],\n"annotations":[\n',
      list('annotations'),
      `\n],\n"categories":${JSON.stringify(categories)}}\n`,
    ],
  };
}

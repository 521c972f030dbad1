/**
 * The file of statistics: safetensors in double precision, `xx [(d + 1)(d + 2) / 2]` and `xy [c, d + 1]`, with the names of the
 * categories as metadata.
 */
import { parseDocument } from '@saltworks/contract/documents/document';
import { taughtCategories } from '@saltworks/contract/documents/statistics';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Taught } from '../corpus/taught.ts';
import { rowStart } from '../walk/cholesky.ts';
import { decodeFormat, doubleTensor, encodeSafeTensors, readDoubles } from './safetensors.ts';

const [format, version] = ['saltworks-statistics', '1'];

export function encodeStatistics({ statistics: { d, c, xx, xy }, categories, images }: Taught): Uint8Array {
  return encodeSafeTensors({
    tensors: new Map([
      ['xx', doubleTensor(xx, [xx.length])],
      ['xy', doubleTensor(xy, [c, d + 1])],
    ]),
    metadata: { format, version, categories: JSON.stringify(categories), images: String(images) },
  });
}

/** @throws InvalidInputError if this is no such file of version 1, UnreadableDocumentError if its categories are none */
export function decodeStatistics(file: Uint8Array): Taught {
  const { tensors, metadata } = decodeFormat(file, format, version);
  const [xx, xy] = ['xx', 'xy'].map((name) => {
    const tensor = tensors.get(name);
    if (tensor) return { shape: tensor.shape, values: readDoubles(tensor) };
    throw new InvalidInputError(`statistics without ${name}; expected xx and xy`);
  });
  const categories = parseDocument('categories of statistics', metadata.categories ?? '', taughtCategories);
  const [c, rows] = xy.shape;
  if (categories.length !== c || xx.values.length !== rowStart(rows)) {
    throw new InvalidInputError(
      `statistics of ${xx.values.length} products, ${xy.shape.join(' × ')} sums, categories ${metadata.categories}; expected sizes that agree`,
    );
  }
  return {
    statistics: { d: rows - 1, c, xx: xx.values, xy: xy.values },
    ...{ categories, images: Number(metadata.images) },
  };
}

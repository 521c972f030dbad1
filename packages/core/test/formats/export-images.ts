/** Images for the tests of exports. */

import type { Category } from '@saltworks/contract/categories';
import type { ExportImage } from '../../src/formats/exporter.ts';
import { type Mask, segmentsInfo } from '../../src/mask/mask.ts';
import { random } from '../golden.ts';

export const categories: Category[] = [
  { id: 1, name: 'cat', isthing: 1 },
  { id: 2, name: 'sky', isthing: 0 },
  { id: 5, name: 'dog', isthing: 1 },
];
export const dataset = { name: 'Pond', date: '2026-01-02T03:04:05Z', categories };

/** A mask drawn in text: a row a line, digits are ids, anything else is background. */
export function drawn(...rows: string[]): Mask {
  const ids = Uint32Array.from(rows.join(''), (character) => Number(character) || 0);
  return { ids, width: rows[0].length, height: rows.length };
}

/** A mask of blotches: every pixel takes the id of a neighbour or a random one. */
export function blotchy(width: number, height: number, ids: readonly number[], seed: number): Mask {
  const next = random(seed);
  const mask = new Uint32Array(width * height);
  for (let i = 0; i < mask.length; i++) {
    const from = next() < 0.5 ? i - 1 : i - width;
    mask[i] = next() < 0.8 && from >= 0 ? mask[from] : ids[Math.floor(next() * ids.length)];
  }
  return { ids: mask, width, height };
}

/** The image of a mask; segment `id` is of the category number `id` modulo their count. */
export function imageOf(mask: Mask, id = 1): ExportImage {
  const segments = segmentsInfo(mask, [], []).map((segment) => ({
    ...segment,
    category_id: categories[segment.id % categories.length].id,
  }));
  return { id, fileName: `${id}.jpg`, stem: String(id), mask, segments };
}

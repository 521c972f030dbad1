/** Images for the tests of exports, and their exports. */

import type { Category } from '@saltworks/contract/categories';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { exportFormats } from '../../src/formats/export.ts';
import { documentText, type Exporter, type ExportImage } from '../../src/formats/exporter.ts';
import { encodePanopticPng } from '../../src/formats/panoptic-png.ts';
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

/** The image of a mask; segment `id` has category number `id` modulo the count of categories. */
export function imageOf(mask: Mask, id = 1): ExportImage {
  const segments = segmentsInfo(mask, [], []).map((segment) => ({
    ...segment,
    category_id: categories[segment.id % categories.length].id,
  }));
  const { width, height, ids } = mask;
  const pixels = { data: new Uint8Array(3 * ids.length).fill(127), width, height };
  const picture = { bytes: encodePanopticPng(mask), pixels };
  return { id, fileName: `${id}.jpg`, stem: String(id), mask, segments, picture };
}

export const some = [
  imageOf(drawn('.11.', '2213', '2213'), 1),
  imageOf(drawn('....', '....'), 2),
  imageOf(blotchy(31, 17, [0, 1, 2, 255, 256, 65_536, 0xffffff], 3), 3),
];

export const open = (format: ExportFormat) => exportFormats[format](dataset);

/** Exports images completely: files and documents, by path. */
export async function exported(exporter: Exporter, images: readonly ExportImage[]) {
  const results = images.map((image) => exporter.image(image));
  const files = new Map(results.flatMap(({ files }) => files.map(({ path, bytes }) => [path, bytes])));
  const documents = new Map<string, string>();
  for (const document of exporter.documents) {
    let text = '';
    for await (const piece of documentText(document, (list) => results.flatMap(({ lines }) => lines[list])))
      text += piece;
    documents.set(document.path, text);
  }
  return { files, documents };
}

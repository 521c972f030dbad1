import type { Category } from '@saltworks/contract/categories';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { vocColour } from '../../src/formats/colour-map.ts';
import { exportFormats } from '../../src/formats/export.ts';
import type { Mask } from '../../src/mask/mask.ts';
import { dataset, exported, imageOf, open, some } from './export-images.ts';

test('class and object of every pixel are palette indices', async () => {
  const { files } = await exported(open('voc'), some);
  for (const { stem, mask, segments } of some) {
    const classes = new Map(segments.map(({ id, category_id }) => [id, [0, 1, 2, 0, 0, 3][category_id]]));
    const objects = new Map(segments.map(({ id }, i) => [id, i + 1]));
    for (const [folder, indices] of [
      ['SegmentationClass', classes],
      ['SegmentationObject', objects],
    ] as const) {
      const { data, palette, depth, channels } = decode(files.get(`${folder}/${stem}.png`)!);
      expect([depth, channels]).toEqual([8, 1]);
      expect(palette).toEqual(Array.from({ length: 256 }, (_, i) => vocColour(i)));
      expect(data).toEqual(Uint8Array.from(mask.ids, (id) => indices.get(id) ?? 0));
    }
  }
});
test('lists images and labels', async () => {
  const { documents } = await exported(open('voc'), some);
  expect(documents.get('ImageSets/Segmentation/all.txt')).toBe('1\n2\n3\n');
  expect(documents.get('labelmap.txt')).toBe(
    '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\nsky:0,128,0::\ndog:128,128,0::\n',
  );
  expect((await exported(open('voc'), [])).documents.get('ImageSets/Segmentation/all.txt')).toBe('');
});
test('254 segments fit into an image, 255 are refused', () => {
  const row = (count: number): Mask => ({
    ids: Uint32Array.from({ length: count }, (_, i) => i + 1),
    width: count,
    height: 1,
  });
  const [, object] = open('voc').image(imageOf(row(254))).files;
  expect(decode(object.bytes).data).toEqual(Uint8Array.from({ length: 254 }, (_, i) => i + 1));
  expect(() => open('voc').image(imageOf(row(255)))).toThrow('255 segments in 1; expected at most 254');
});
test('254 categories fit, 255 are refused before any image is read', () => {
  const many = (count: number): Category[] =>
    Array.from({ length: count }, (_, i) => ({ id: i + 1, name: `c${i}`, isthing: 1 }));
  expect(() => exportFormats.voc({ ...dataset, categories: many(254) })).not.toThrow();
  expect(() => exportFormats.voc({ ...dataset, categories: many(255) })).toThrow(
    '255 categories; expected at most 254',
  );
});
test('names that the label map cannot hold are refused', () => {
  for (const name of ['a:b', 'a\nb', '#a', ' a']) {
    const named = { ...dataset, categories: [{ id: 1, name, isthing: 1 as const }] };
    expect(() => exportFormats.voc(named), name).toThrow('for VOC');
  }
});

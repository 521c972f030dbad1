import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { expect, test } from 'vitest';
import { compareMasks } from '../../../src/builds/compare-masks.ts';
import { changedImageLine, changeLines, changesDocument } from '../../../src/formats/coco/changes.ts';
import { expandCounts } from '../../../src/formats/coco/rle.ts';

const mask = (...rows: string[]) => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
const categories = new Map([
  [1, 'cat'],
  [2, 'dog'],
  [3, 'cat'],
]);
const before = mask('1100', '1122', '0022');
const after = mask('1110', '3322', '0022');
const image: ComparedImage = {
  ...{ id: 7, sha256: 's', name: 'a.jpg', before: 'm1', after: 'm2', why: ['layer'] },
  ...compareMasks({ mask: before, categories }, { mask: after, categories }),
};
const linesOf = (image: ComparedImage, masks: Parameters<typeof changeLines>[1]) => {
  let last = 0;
  const numbers: Record<string, number> = { cat: 1, dog: 2 };
  const lines = changeLines(image, masks, { ids: () => ++last, categoryOf: (name) => numbers[name] });
  return lines.map((line) => JSON.parse(line));
};

test('a segment that changed is an annotation of what it is now, with what it was', () => {
  const [changed, added, ...rest] = linesOf(image, { before, after });
  // The dog did not change.
  expect(rest).toEqual([]);
  expect(changed).toMatchObject({ id: 1, image_id: 7, category_id: 1, area: 3, bbox: [0, 0, 3, 1], iscrowd: 0 });
  expect(changed.change).toEqual({ kind: 'changed', segment: 1, before: 4, after: 3, iou: 2 / 5 });
  expect(changed.segmentation.size).toEqual([3, 4]);
  expect(expandCounts(changed.segmentation.counts)).toEqual([0, 1, 2, 1, 2, 1, 5]);
  expect(expandCounts(changed.segmentation_before.counts)).toEqual([0, 2, 1, 2, 7]);
  expect(added).toMatchObject({
    id: 2,
    category_id: 1,
    area: 2,
    change: { kind: 'added', segment: 3, before: 0, after: 2 },
  });
  expect(added.segmentation_before).toBeUndefined();
});

test('of a segment that is gone, the annotation is what it was', () => {
  const gone = { ...image, ...compareMasks({ mask: after, categories }, { mask: before, categories }) };
  const [, removed] = linesOf(gone, { before: after, after: before });
  expect(removed).toMatchObject({ area: 2, bbox: [0, 1, 2, 1], change: { kind: 'removed', after: 0 } });
  expect(removed.segmentation_before).toEqual(removed.segmentation);
});

test('an image tells its masks, how much changed, and why', () => {
  expect(JSON.parse(changedImageLine({ ...image, kept: 'accepted' }, { before, after }))).toEqual({
    ...{ id: 7, file_name: 'a.jpg', width: 4, height: 3 },
    change: { before: 'm1', after: 'm2', changed: 3 / 12, iou: image.iou, why: ['layer'], kept: 'accepted' },
  });
});

test('the document is COCO: annotations of images that changed, each once, under numbered categories', async () => {
  const same = { ...image, id: 8, changed: 0 };
  const lost = { ...image, id: 9, reason: 'no object' };
  async function* images() {
    yield* [image, same, lost, { ...image, id: 10 }];
  }
  let text = '';
  for await (const piece of changesDocument({ description: 'd' }, ['dog'], images(), async () => ({ before, after }))) {
    text += piece;
  }
  const { info, images: listed, annotations, categories } = JSON.parse(text);
  expect(info).toEqual({ description: 'd' });
  expect(listed.map(({ id }: { id: number }) => id)).toEqual([7, 10]);
  expect(annotations.map(({ id, image_id }: { id: number; image_id: number }) => [id, image_id])).toEqual([
    [1, 7],
    [2, 7],
    [3, 10],
    [4, 10],
  ]);
  expect(categories).toEqual([
    { id: 1, name: 'dog' },
    { id: 2, name: 'cat' },
  ]);
  expect(annotations[0].category_id).toBe(2);
});

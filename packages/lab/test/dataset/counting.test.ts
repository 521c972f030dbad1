import type { PanopticDocument } from '@saltworks/lab/dataset/document';
import { describe, expect, test } from 'vitest';
import { countingOf, truthOf } from '../../src/dataset/counting.ts';

const categories = [
  { id: 1, name: 'cat', isthing: 1 },
  { id: 2, name: 'grass', isthing: 0 },
  { id: 9, name: 'region', isthing: 1 },
];
/** Annotations from [category, area] of each segment, on pictures of 100 pixels. */
const document = (...images: [number, number][][]): PanopticDocument => ({
  images: [],
  categories,
  annotations: images.map((segments, image_id) => ({
    image_id,
    file_name: `${image_id}.png`,
    segments_info: segments.map(([category_id, area], i) => ({ id: i + 1, category_id, area })),
  })),
});
const countings = (doc: PanopticDocument) => doc.annotations.map(countingOf(doc, () => 100));

describe('which segments count', () => {
  test('regions: one category alone that covers the pictures', () => {
    expect(
      countings(
        document(
          [
            [9, 60],
            [9, 40],
          ],
          [[9, 100]],
        ),
      ),
    ).toEqual(['regions', 'regions']);
  });

  test('regions and named things lie in one document', () => {
    const images = document(
      [
        [9, 60],
        [9, 40],
      ],
      [
        [1, 30],
        [2, 70],
      ],
    );
    expect(countings(images)).toEqual(['regions', 'big-things']);
  });

  test('a picture with one category is no picture of regions if the category is a name elsewhere', () => {
    expect(
      countings(
        document(
          [[1, 100]],
          [
            [1, 30],
            [2, 70],
          ],
        ),
      ),
    ).toEqual(['big-things', 'big-things']);
  });

  test('things alone that leave most pictures to nobody are instances', () => {
    expect(
      countings(
        document(
          [[1, 30]],
          [
            [1, 20],
            [1, 5],
          ],
        ),
      ),
    ).toEqual(['instances', 'instances']);
  });
});

describe('the truth', () => {
  // Two columns of 10 pixels a row: ids 1 to 4, and 0 where nobody is.
  const ids = Uint32Array.from({ length: 1000 }, (_, i) => (i < 400 ? 1 : i < 404 ? 2 : i < 700 ? 3 : i < 800 ? 4 : 0));
  const mask = { ids, width: 100, height: 10 };
  const names = new Map(categories.map((category) => [category.id, category]));
  const segments = [
    { id: 1, category_id: 1 },
    { id: 2, category_id: 1 },
    { id: 3, category_id: 2 },
    { id: 4, category_id: 1, iscrowd: 1 },
  ];

  test('keeps big things; small things and stuff are background; void and crowds are ignored', () => {
    const { truth, ignore, categories, background } = truthOf(mask, segments, 'big-things', names);
    expect([...new Set(truth.ids.subarray(0, 400))]).toEqual([1]);
    expect([...new Set(truth.ids.subarray(400, 700))]).toEqual([0]);
    expect([...new Set(ignore.subarray(0, 700))]).toEqual([0]);
    expect([...new Set(ignore.subarray(700))]).toEqual([1]);
    expect(categories).toEqual(new Map([[1, 'cat']]));
    expect(background).toEqual(new Set([2, 3]));
  });

  test('the listed area decides what is big, as COCO lists it', () => {
    const listed = segments.map((segment) => (segment.id === 2 ? { ...segment, area: 5 } : segment));
    expect(truthOf(mask, listed, 'big-things', names).truth.ids[400]).toBe(2);
  });

  test('of regions all count, without names', () => {
    const { truth, ignore, categories } = truthOf(mask, segments.slice(0, 3), 'regions', names);
    expect(truth.ids[400]).toBe(2);
    expect(truth.ids[500]).toBe(3);
    expect([ignore[699], ignore[700], ignore[999]]).toEqual([0, 1, 1]);
    expect(categories.size).toBe(0);
  });

  test('beside instances everything is background', () => {
    const { truth, ignore } = truthOf(mask, segments.slice(0, 2), 'instances', names);
    expect(truth.ids[400]).toBe(2);
    expect([truth.ids[500], truth.ids[999]]).toEqual([0, 0]);
    expect(ignore.includes(1)).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { annotationId, instancesMask } from '../../../src/formats/coco/instances.ts';
import { compressCounts, encodeRuns, expandCounts } from '../../../src/formats/coco/rle.ts';
import { blotchy, exported, open, some } from '../export-images.ts';
import { pixelsOf } from './pixels-of.ts';

describe('instances are written', () => {
  test('things only, each with its own run lengths', async () => {
    const { documents, files } = await exported(open('coco-instances'), some);
    expect(files.size).toBe(0);
    const { annotations, categories, images } = JSON.parse(documents.get('instances.json')!);
    expect(images).toHaveLength(3);
    expect(categories).toEqual([
      { id: 1, name: 'cat', supercategory: 'thing' },
      { id: 5, name: 'dog', supercategory: 'thing' },
    ]);
    const things = some.flatMap((image) =>
      image.segments.filter(({ category_id }) => category_id !== 2).map((segment) => ({ image, segment })),
    );
    expect(annotations).toHaveLength(things.length);
    for (const [i, { image, segment }] of things.entries()) {
      const { area, bbox, category_id } = segment;
      expect(annotations[i]).toMatchObject({ area, bbox, category_id, image_id: image.id, iscrowd: 0 });
      expect(annotations[i].id).toBe(annotationId(image.id, segment.id));
      const set = Uint8Array.from(image.mask.ids, (id) => (id === segment.id ? 1 : 0));
      const { size, counts } = annotations[i].segmentation;
      expect(size).toEqual([image.mask.height, image.mask.width]);
      expect(pixelsOf(expandCounts(counts), image.mask.width, image.mask.height)).toEqual(set);
    }
  });
  test('with ids that stay exact and distinct up to the last image and segment', () => {
    const last = annotationId(2 ** 29 - 1, 2 ** 24 - 1);
    expect(Number.isSafeInteger(last)).toBe(true);
    expect(last).toBe(2 ** 53 - 1);
    expect(annotationId(2, 0)).toBe(annotationId(1, 2 ** 24 - 1) + 1);
  });
});

describe('instances are read', () => {
  const size = { width: 10, height: 8 };
  const known = new Set<unknown>([1, 2]);
  const box = (x: number, y: number, w: number, h: number) => [[x, y, x + w, y, x + w, y + h, x, y + h]];
  const at = ({ mask }: ReturnType<typeof instancesMask>, x: number, y: number) => mask.ids[y * size.width + x];

  test('from all forms into one mask, later over earlier', () => {
    const listed = { size: [8, 10], counts: [0, 8, 72] };
    const made = instancesMask(
      [
        { id: 7, category_id: 1, segmentation: box(2, 2, 4, 4) },
        { id: 8, category_id: 2, segmentation: box(4, 4, 4, 4) },
        { id: 9, category_id: 1, segmentation: listed },
        { id: 3, category_id: 1, segmentation: { size: [8, 10], counts: compressCounts([72, 8]) } },
      ],
      size,
      known,
    );
    expect(made.notes).toEqual([]);
    expect(made.segments).toEqual([
      { id: 1, category_id: 1, area: 12, bbox: [2, 2, 4, 4], iscrowd: 0 },
      { id: 2, category_id: 2, area: 16, bbox: [4, 4, 4, 4], iscrowd: 0 },
      { id: 3, category_id: 1, area: 8, bbox: [0, 0, 1, 8], iscrowd: 0 },
      { id: 4, category_id: 1, area: 8, bbox: [9, 0, 1, 8], iscrowd: 0 },
    ]);
    expect([at(made, 2, 2), at(made, 5, 5), at(made, 0, 7), at(made, 9, 0), at(made, 8, 0)]).toEqual([1, 2, 3, 4, 0]);
  });

  test('several polygons into one segment, crowds into void, and wholly covered instances into nothing', () => {
    const made = instancesMask(
      [
        { id: 1, category_id: 2, segmentation: box(1, 1, 1, 1) },
        { id: 2, category_id: 1, segmentation: [...box(0, 0, 3, 3), ...box(6, 6, 2, 2)] },
        { id: 3, category_id: 1, iscrowd: 1, segmentation: { size: [8, 10], counts: [0, 80] } },
      ],
      size,
      known,
    );
    expect(made.segments).toEqual([{ id: 2, category_id: 1, area: 13, bbox: [0, 0, 8, 8], iscrowd: 0 }]);
    expect(made.notes).toEqual([]);
  });

  test('from the run lengths of any mask back into it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const mask = blotchy(1 + (seed % 7), 2 + ((seed * 5) % 9), [0, 1, 2, 3], seed);
      const annotations = [...encodeRuns(mask)].map(([id, counts]) => ({
        ...{ id, category_id: id % 2 === 1 ? 1 : 2 },
        segmentation: { size: [mask.height, mask.width], counts: seed % 2 ? counts : compressCounts(counts) },
      }));
      const made = instancesMask(annotations, mask, known);
      const idOf = [0, ...annotations.map(({ id }) => id)];
      expect([...made.mask.ids].map((segment) => idOf[segment])).toEqual([...mask.ids]);
    }
  });

  test.each([
    ['a category that is unknown', { category_id: 99, segmentation: box(0, 0, 2, 2) }, 'category 99, which is not'],
    ['a category that is missing', { segmentation: box(0, 0, 2, 2) }, 'category undefined, which is not'],
    ['no segmentation', { category_id: 1 }, 'no segmentation'],
    ['an empty one', { category_id: 1, segmentation: [] }, 'no segmentation'],
    ['a text', { category_id: 1, segmentation: 'x' }, 'a segmentation of "x"'],
    ['two corners', { category_id: 1, segmentation: [[1, 2, 3, 4]] }, 'a polygon of [1,2,3,4]; expected'],
    ['half a corner', { category_id: 1, segmentation: [[1, 2, 3, 4, 5, 6, 7]] }, 'a polygon of'],
    ['a corner that is no number', { category_id: 1, segmentation: [[1, 2, 3, null, 5, 6]] }, 'a polygon of'],
    ['a corner out of the world', { category_id: 1, segmentation: [[1, 2, 1e300, 4, 5, 6]] }, 'a polygon of'],
    [
      'another size',
      { category_id: 1, segmentation: { size: [10, 8], counts: [80] } },
      '8 × 10 pixels, the image 10 × 8',
    ],
    ['too few pixels', { category_id: 1, segmentation: { size: [8, 10], counts: [70] } }, '70 pixels in all'],
    ['a run that is none', { category_id: 1, segmentation: { size: [8, 10], counts: [81, -1] } }, 'pixels in all'],
    ['broken counts', { category_id: 1, segmentation: { size: [8, 10], counts: '~~' } }, 'compressed counts'],
  ])('but for an annotation with %s, which is left out and named', (_, bad, reason) => {
    const good = { id: 2, category_id: 2, segmentation: box(0, 0, 2, 2) };
    const { segments, notes } = instancesMask([{ id: 1, ...bad }, good], size, known);
    expect(segments).toMatchObject([{ category_id: 2, area: 4 }]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^annotation 1 has .*; it is left out$/);
    expect(notes[0]).toContain(reason);
  });

  test('with one line for all annotations left out for one reason', () => {
    const boxes = (count: number) => Array.from({ length: count }, (_, id) => ({ id, category_id: 1 }));
    const other = { id: 9, category_id: 3, segmentation: box(0, 0, 2, 2) };
    expect(instancesMask([...boxes(2), other], size, known).notes).toEqual([
      'annotations 0, 1 have no segmentation; they are left out',
      'annotation 9 has category 3, which is not in the document; it is left out',
    ]);
    expect(instancesMask(boxes(60), size, known).notes).toEqual([
      'annotations 0, 1, 2 and 57 more have no segmentation; they are left out',
    ]);
  });

  test('from a single polygon without a list around it, too', () => {
    const flat = { id: 1, category_id: 1, segmentation: box(0, 0, 2, 2)[0] };
    expect(instancesMask([flat], size, known).segments).toMatchObject([{ area: 4 }]);
  });
});

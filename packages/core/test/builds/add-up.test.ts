import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { expect, test } from 'vitest';
import { addUp } from '../../src/builds/add-up.ts';

const image = (more: Partial<ComparedImage>): ComparedImage => ({
  id: 1,
  sha256: 's',
  name: 'a.jpg',
  before: 'm1',
  after: 'm2',
  changed: 0,
  iou: 1,
  why: [],
  pixels: 100,
  segments: [],
  classes: [],
  ...more,
});
const total = (...images: ComparedImage[]) => {
  const sums = addUp({ before: 'b1', after: 'b2' });
  for (const one of images) sums.add(one);
  return sums.total();
};

test('nothing compared has not changed', () => {
  expect(total()).toMatchObject({
    images: 0,
    share: 0,
    iou: 1,
    known: null,
    accepted: null,
    offered: null,
    classes: [],
  });
});

test('every image counts as one of compared, added, removed and failed', () => {
  const counted = total(
    image({ changed: 0.5 }),
    // Another mask, of the same pixels.
    image({}),
    image({ kept: 'accepted' }),
    image({ before: null, changed: 1, why: ['added'] }),
    image({ after: null, changed: 1, why: ['removed'] }),
    image({ reason: 'no object masks/ab', changed: 0, iou: 0, pixels: 0 }),
  );
  expect(counted).toMatchObject({ images: 3, changed: 1, kept: 1, added: 1, removed: 1, failed: 1 });
  expect(counted.why).toEqual({ added: 1, removed: 1 });
});

test('the share is of all pixels, the mean IoU of all images', () => {
  const all = total(
    image({ changed: 0.5, iou: 0.2, pixels: 10 }),
    image({ changed: 0.1, iou: 0.8, pixels: 90 }),
    image({ before: null, changed: 1, iou: 0, pixels: 1000 }),
  );
  expect(all.share).toBe(14 / 100);
  expect(all.iou).toBe(0.5);
});

test('kept images are told apart: the difference of what they offer is of them alone', () => {
  const all = total(
    image({ changed: 0.1, iou: 0.9 }),
    image({
      kept: 'accepted',
      changed: 0.4,
      iou: 0.6,
      why: ['layer'],
      classes: [{ category: '', before: 1, after: 1, both: 1 }],
    }),
    // Offers nothing of its own.
    image({ kept: 'chosen', after: 'm1' }),
  );
  expect(all).toMatchObject({ share: 0.1, iou: 0.9, why: {}, classes: [] });
  expect(all.offered).toEqual({ images: 1, share: 0.4, iou: 0.6 });
});

test('the histogram counts each share in the hundredth that it completes', () => {
  const { histogram } = total(...[0, 0.01, 0.07, 0.071, 0.99, 1].map((changed) => image({ changed, pixels: 1000 })));
  expect(histogram).toHaveLength(101);
  const filled = [...histogram.entries()].filter(([, count]) => count > 0);
  expect(filled).toEqual([
    [0, 1],
    [1, 1],
    [7, 1],
    [8, 1],
    [99, 1],
    [100, 1],
  ]);
});

test('classes, causes and judgements add up, by name', () => {
  const all = total(
    image({
      why: ['layer', 'settings'],
      classes: [{ category: 'dog', before: 3, after: 2, both: 1 }],
      known: judged(0.75, 0.5),
    }),
    image({ why: ['layer'], classes: [{ category: 'cat', before: 1, after: 1, both: 1 }], known: judged(0.5, 0.625) }),
    image({ classes: [{ category: 'dog', before: 1, after: 1, both: 0 }], accepted: { before: 0.8, after: 0.8 } }),
  );
  expect(all.why).toEqual({ layer: 2, settings: 1 });
  expect(all.classes).toEqual([
    { category: 'cat', before: 1, after: 1, both: 1, images: 1 },
    { category: 'dog', before: 4, after: 3, both: 1, images: 2 },
  ]);
  expect(all.known).toEqual({ before: 0.625, after: 0.5625, images: 2, worse: 1 });
  expect(all.accepted).toEqual({ before: 0.8, after: 0.8, images: 1, worse: 0 });
});

const judged = (before: number, after: number) => ({ before, after, truth: 't' });

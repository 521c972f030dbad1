import { expect, test } from 'vitest';
import { countPanoptic, panopticQuality } from '../../src/metrics/panoptic-quality.ts';
import { expectClose } from '../golden.ts';
import { goldenCases } from './golden-cases.ts';
import { randomMask } from './random-mask.ts';

const cases = goldenCases();

test.each(cases)('counts and quality of $width × $height are those of panopticapi', (one) => {
  const found = countPanoptic(one.prediction, one.truth, one.ignore, one.categories, one.crowds);
  const whole = (count: { matched: number; false_positives: number; false_negatives: number }) => [
    count.matched,
    count.false_positives,
    count.false_negatives,
  ];
  expect(found.map((count) => [count.category, ...whole(count)])).toEqual(
    one.panoptic.map((count) => [String(count.category), ...whole(count)]),
  );
  expectClose(
    found.map(({ iou }) => iou),
    one.panoptic.map(({ iou }) => iou),
    1e-12,
  );
  const quality = panopticQuality(found);
  for (const key of ['pq', 'sq', 'rq'] as const) {
    expectClose(
      quality.categories.map((each) => each[key]),
      one.panoptic.map((each) => each[key]),
      1e-12,
    );
    expect(quality[key]).toBeCloseTo(one.mean[key], 12);
  }
});

test('golden cases have matched, missed and invented segments, and excused ones', () => {
  const counts = cases.flatMap(({ panoptic }) => panoptic);
  const sum = (key: 'matched' | 'false_positives' | 'false_negatives') =>
    counts.reduce((total, count) => total + count[key], 0);
  for (const key of ['matched', 'false_positives', 'false_negatives'] as const) expect(sum(key)).toBeGreaterThan(3);
  const strict = cases.flatMap(({ prediction, truth, categories }) =>
    countPanoptic(prediction, truth, undefined, categories),
  );
  expect(strict.reduce((total, count) => total + count.false_positives, 0)).toBeGreaterThan(sum('false_positives'));
});

test('a mask matches itself wholly', () => {
  const mask = randomMask(31, 23, 6);
  const categories = new Map([1, 2, 3].map((id) => [id, 'cat']));
  expect(countPanoptic(mask, mask, undefined, categories)).toEqual([
    { category: 'cat', matched: 3, iou: 3, false_positives: 0, false_negatives: 0 },
    { category: null, matched: 3, iou: 3, false_positives: 0, false_negatives: 0 },
  ]);
  expect(panopticQuality(countPanoptic(mask, mask, undefined, categories))).toMatchObject({ pq: 1, sq: 1, rq: 1 });
});

test('as prediction and truth change places, so do false positives and false negatives', () => {
  const [a, other] = [randomMask(31, 23, 6, 1), randomMask(31, 23, 6, 2)];
  const b = { ...a, ids: a.ids.map((id, i) => (i % 31 < 20 ? id : other.ids[i])) };
  const categories = new Map([1, 2, 3].map((id) => [id, 'cat']));
  const back = countPanoptic(b, a, undefined, categories);
  expect(countPanoptic(a, b, undefined, categories)).toEqual(
    back.map(({ false_positives, false_negatives, ...count }) => ({
      ...count,
      false_positives: false_negatives,
      false_negatives: false_positives,
    })),
  );
});

test('ids do not matter, categories do', () => {
  const truth = randomMask(31, 23, 4);
  const renamed = { ...truth, ids: truth.ids.map((id) => (id === 0 ? 0 : id + 10)) };
  const categories = new Map([1, 2, 3, 11, 12].map((id) => [id, 'cat']));
  categories.set(13, 'dog');
  expect(countPanoptic(renamed, truth, undefined, categories)).toEqual([
    { category: 'cat', matched: 2, iou: 2, false_positives: 0, false_negatives: 1 },
    { category: 'dog', matched: 0, iou: 0, false_positives: 1, false_negatives: 0 },
    { category: null, matched: 1, iou: 1, false_positives: 0, false_negatives: 0 },
  ]);
});

test('the background is a segment only where the truth has it', () => {
  const prediction = { ids: Uint32Array.of(0, 0, 1, 1), width: 4, height: 1 };
  const truth = { ids: Uint32Array.of(1, 1, 1, 1), width: 4, height: 1 };
  expect(countPanoptic(prediction, truth, undefined, new Map())).toEqual([
    { category: null, matched: 0, iou: 0, false_positives: 1, false_negatives: 1 },
  ]);
});

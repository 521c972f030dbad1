import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { reliabilities } from '../../src/crowd/reliability.ts';

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('a weight is the mean of all scores and the prior, which counts as several scores', () => {
  const found = reliabilities(
    {
      honeypots: [
        { annotator: 'ada', score: 1 },
        { annotator: 'ada', score: 0.5 },
      ],
      overlaps: [{ annotators: ['ada', 'bob'], score: 0.6 }],
    },
    { prior: 0.8, strength: 4, overlap: 0.5 },
  );
  expect(found).toEqual([
    {
      annotator: 'ada',
      weight: (0.8 * 4 + 1.5 + 0.5 * 0.6) / (4 + 2 + 0.5),
      honeypots: { mean: 0.75, count: 2 },
      overlaps: { mean: 0.6, count: 1 },
    },
    {
      annotator: 'bob',
      weight: (0.8 * 4 + 0.5 * 0.6) / (4 + 0.5),
      honeypots: { mean: 0, count: 0 },
      overlaps: { mean: 0.6, count: 1 },
    },
  ]);
});

test('a weight stays near the prior with little evidence, nears the mean with much, and never reaches 0', () => {
  const after = (count: number) =>
    reliabilities({ honeypots: times(count, { annotator: 'ada', score: 0 }), overlaps: [] })[0].weight;
  expect(after(1)).toBeCloseTo(0.64, 12);
  expect(after(1)).toBeGreaterThan(after(10));
  expect(after(10_000)).toBeLessThan(0.001);
  expect(after(10_000)).toBeGreaterThan(0);
});

test('an image of two annotators counts less than a known image', () => {
  const [known] = reliabilities({ honeypots: [{ annotator: 'ada', score: 0.2 }], overlaps: [] });
  const [shared] = reliabilities({ honeypots: [], overlaps: [{ annotators: ['ada', 'bob'], score: 0.2 }] });
  expect(known.weight).toBeLessThan(shared.weight);
});

test('the order of evidence does not matter, and no evidence gives no annotators', () => {
  const honeypots = [0.9, 0.1, 0.4].map((score, i) => ({ annotator: 'ab'[i % 2], score }));
  const found = reliabilities({ honeypots, overlaps: [] });
  expect(
    reliabilities({ honeypots: [...honeypots].reverse(), overlaps: [] }).map(({ annotator }) => annotator),
  ).toEqual(found.map(({ annotator }) => annotator));
  expect(reliabilities({ honeypots: [], overlaps: [] })).toEqual([]);
});

test.each([-0.1, 1.1, Number.NaN])('a score of %d is refused', (score) => {
  expect(() => reliabilities({ honeypots: [{ annotator: 'ada', score }], overlaps: [] })).toThrow(InvalidInputError);
});

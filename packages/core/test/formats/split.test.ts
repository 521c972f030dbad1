import { exportSplit } from '@saltworks/contract/export-formats';
import { expect, test } from 'vitest';
import { splitOf } from '../../src/formats/split.ts';

const split = {
  seed: 3,
  shares: [
    { name: 'train', share: 0.8 },
    { name: 'val', share: 0.1 },
    { name: 'test', share: 0.1 },
  ],
};
const hashes = Array.from({ length: 20_000 }, (_, i) => i.toString(16).padStart(64, '0'));

test('shares hold on average, and an image stays in its part whatever else there is', () => {
  const count = (name: string, seed = 3) => hashes.filter((hash) => splitOf(hash, { ...split, seed }) === name).length;
  // Four standard deviations of a binomial.
  for (const { name, share } of split.shares) {
    expect(Math.abs(count(name) - 20_000 * share)).toBeLessThan(4 * Math.sqrt(20_000 * share * (1 - share)));
  }
  const moved = hashes.filter((hash) => splitOf(hash, split) !== splitOf(hash, { ...split, seed: 4 }));
  expect(moved.length).toBeGreaterThan(5_000);
});

test('shares count beside their sum, those of one name together', () => {
  const halves = [0.4, 0.4, 0.1, 0.1].map((share, i) => ({ name: i < 2 ? 'train' : split.shares[i - 1].name, share }));
  const eighth = split.shares.map(({ name, share }) => ({ name, share: share / 8 }));
  for (const hash of hashes.slice(0, 2_000)) {
    const part = splitOf(hash, split);
    expect([splitOf(hash, { seed: 3, shares: halves }), splitOf(hash, { seed: 3, shares: eighth })]).toEqual([
      part,
      part,
    ]);
  }
});

test.each([
  [[{ name: '../x', share: 1 }]],
  [
    [
      { name: 'train', share: 1.5 },
      { name: 'val', share: -0.5 },
    ],
  ],
  [[]],
])('%j are no shares', (shares) => {
  expect(exportSplit.safeParse({ seed: 0, shares }).success).toBe(false);
});

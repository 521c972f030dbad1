import { expect, test } from 'vitest';
import { solveWith } from '../../src/campaigns/corpus.ts';

test('with other keys a campaign solves without what it hears of the corpus', () => {
  const solve = { strokes: 'hold' as const, corpus: 'a'.repeat(64) };
  const campaign = { backbone: 'tiny', facet: 'key' as const, solve };
  expect(solveWith(campaign, { backbone: 'tiny', facet: 'key' })).toEqual(solve);
  expect(solveWith(campaign, { backbone: 'tiny', facet: 'key', layer: 9 })).toEqual({ strokes: 'hold' });
  expect(solveWith({ ...campaign, solve: {} }, { backbone: 'other', facet: 'key' })).toEqual({});
});

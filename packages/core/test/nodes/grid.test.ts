import { expect, test } from 'vitest';
import { gridOf, nodesPerPatch } from '../../src/nodes/grid.ts';

test('a patch gives two nodes an axis, or one', () => {
  expect([nodesPerPatch('linear'), nodesPerPatch('none')]).toEqual([2, 1]);
  expect(() => nodesPerPatch('nonsense' as 'none')).toThrow('upsample nonsense; expected one of linear, none');
});

test('the grid of nodes doubles that of the patches, or is the same', () => {
  expect(gridOf({ h: 3, w: 5 }, 'linear')).toEqual({ h: 3, w: 5, double: true, height: 6, width: 10 });
  expect(gridOf({ h: 3, w: 5 }, 'none')).toEqual({ h: 3, w: 5, double: false, height: 3, width: 5 });
});

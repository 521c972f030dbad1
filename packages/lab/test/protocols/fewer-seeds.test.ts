import { seedNodes } from '@saltworks/core/seeds/seeds';
import { expect, test } from 'vitest';
import { fewerSeeds } from '../../src/protocols/fewer-seeds.ts';
import { makeCase } from '../scene.ts';

const { raster, keys } = makeCase();
if (!raster) throw new Error('nothing was drawn');
const seeds = seedNodes(raster, 2 * keys.h, 2 * keys.w);
const counts = ({ nodes, labels }: typeof seeds) =>
  labels.map((_, label) => nodes.filter((node) => node === label).length);

test('each label keeps its share of seeds', () => {
  expect(counts(fewerSeeds(seeds, 1, 'a'))).toEqual(counts(seeds));
  expect(counts(fewerSeeds(seeds, 0.25, 'a'))).toEqual(counts(seeds).map((count) => Math.round(count / 4)));
});

test('one seed a label is always left', () => {
  expect(counts(fewerSeeds(seeds, 0, 'a'))).toEqual([1, 1, 1]);
});

test('a smaller share keeps a part of what a larger one keeps, and nothing moves', () => {
  const [many, few] = [fewerSeeds(seeds, 0.5, 'a'), fewerSeeds(seeds, 0.2, 'a')];
  few.nodes.forEach((label, node) => {
    if (label < 0) return;
    expect(many.nodes[node]).toBe(label);
    expect(seeds.nodes[node]).toBe(label);
  });
});

test('chance depends on the name alone', () => {
  expect(fewerSeeds(seeds, 0.3, 'a')).toEqual(fewerSeeds(seeds, 0.3, 'a'));
  expect(fewerSeeds(seeds, 0.3, 'a').nodes).not.toEqual(fewerSeeds(seeds, 0.3, 'b').nodes);
});

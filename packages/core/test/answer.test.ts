import { expect, test } from 'vitest';
import { answerFrom, labelsOf, labelsTogether } from '../src/answer.ts';
import { Arena } from '../src/arena/arena.ts';
import { openFast } from '../src/fast/solver.ts';
import { gridOf } from '../src/nodes/grid.ts';
import { presets } from '../src/options.ts';
import { openRefiner } from '../src/refine/fast/refine.ts';
import type { StrokeRaster } from '../src/seeds/seeds.ts';
import { segment } from '../src/segment.ts';
import type { Solver } from '../src/solver.ts';
import { makeScene } from './scene.ts';

const { image, keys } = makeScene(5, 6, 8, 2);
const { width, height } = image;
/** Segment 0 on the left edge, segment 7 on the right. */
const raster: StrokeRaster = {
  width,
  height,
  owner: Uint8Array.from({ length: width * height }, (_, i) => (i % width < 4 ? 1 : i % width > width - 5 ? 2 : 0)),
  segments: [0, 7],
};

test.each(['best', 'paper'] as const)(
  'an open image, and a refiner elsewhere, give the same mask as segment: %s',
  (preset) => {
    const options = presets[preset];
    const { mask } = segment(image, keys, raster, options);
    const labels = labelsOf(raster, gridOf(keys, options.upsample), options);
    const { nodes, mask: refined } = answerFrom(openFast(image, keys, options), labels);
    expect(refined()).toEqual(mask);
    expect(openRefiner(new Arena(), image, options).refine(nodes, labels.held())).toEqual(mask);
  },
);

test('only asking for the mask refines', () => {
  const solver = openFast(image, keys, presets.best);
  let refined = 0;
  const counting: Solver = {
    ...solver,
    refine(nodes, held) {
      refined++;
      return solver.refine(nodes, held);
    },
  };
  const { mask } = answerFrom(counting, labelsOf(raster, gridOf(keys, 'linear'), presets.best));
  expect(refined).toBe(0);
  mask();
  expect(refined).toBe(1);
});

test('one annotator’s strokes give the same labels alone and as the only ones of several', () => {
  const grid = gridOf(keys, 'linear');
  const [alone, together] = [
    labelsOf(raster, grid, presets.best),
    labelsTogether([{ raster, weight: 1 }], grid, presets.best),
  ];
  expect(together.seeds.nodes).toEqual(alone.seeds.nodes);
  expect(together.held()).toEqual(alone.held());
  expect(labelsOf(raster, grid, presets.paper).held()).toBeUndefined();
});

test('strokes that seed no other node than before are not solved again', () => {
  const solver = openFast(image, keys, presets.best);
  let solved = 0;
  const counting: Solver = {
    ...solver,
    solve(seeds) {
      solved++;
      return solver.solve(seeds);
    },
  };
  const grid = gridOf(keys, presets.best.upsample);
  const before = answerFrom(counting, labelsOf(raster, grid, presets.best));
  // A stroke that labels only itself.
  const still = { ...raster, segments: [0, 7, 7], still: new Set([3]) };
  const after = answerFrom(counting, labelsOf(still, grid, presets.best), before);
  expect(solved).toBe(1);
  expect(after.nodes).toEqual(
    answerFrom(openFast(image, keys, presets.best), labelsOf(still, grid, presets.best)).nodes,
  );
  answerFrom(counting, labelsOf({ ...raster, segments: [7, 0] }, grid, presets.best), after);
  expect(solved).toBe(2);
});

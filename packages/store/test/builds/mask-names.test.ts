/** Ids as versions before builds gave them: masks that are there must keep theirs. */
import { defaultBackbone } from '@saltworks/contract/kinds';
import { keysId } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { presets, solveOptions } from '@saltworks/core/options';
import { expect, test } from 'vitest';
import { consensusId, maskId, maskOf, recipeName } from '../../src/builds/mask-names.ts';
import { sha256Of } from '../../src/objects/canonical.ts';

/** `best` until 2026-11-30, as builds recorded it. */
const best: SegmentOptions = {
  ...presets.paper,
  graph: 'walk',
  strokes: 'hold',
  unary: 'soft',
  colourLikelihood: 0.2,
  crf: { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 }, steps: 5 },
};
const image = '1'.repeat(64);
const [strokes, others] = [sha256Of('strokes'), sha256Of('others')];

test('settings have the names that they always had, in whatever order their fields come', () => {
  expect(recipeName(defaultBackbone, best, 5)).toBe('833a2977166233c6');
  const { crf, ...rest } = best;
  expect(recipeName(defaultBackbone, { crf, ...rest }, 5)).toBe('833a2977166233c6');
  const keys = keysId(defaultBackbone, { facet: 'key', layer: 9, codec: 'int8' });
  expect(recipeName(keys, solveOptions('paper', { sigma: 0.15 }, { alpha: 0.4 }), 5)).toBe('d29ab9b247b13789');
  expect(recipeName(defaultBackbone, best, 4)).not.toBe('833a2977166233c6');
});

test('the preset of today has a name of its own', () => {
  expect(recipeName(defaultBackbone, solveOptions('best', { sigma: 0.15 }))).toBe('aac0857f748a753b');
});

test('masks have the ids that they always had, a consensus in whatever order its annotators come', () => {
  const recipe = recipeName(defaultBackbone, best, 5);
  const alone = '3851331fa1a2359491a8392ff5922b471ef9142951be8ac4951d1fdc76361631';
  const together = '650bfd28e66f59a7a00a30169d7276e2109d6c7c39944bfa3da09dfddf943c56';
  expect(maskId(image, strokes, recipe)).toBe(alone);
  const drawn = [
    { annotator: 'bob', weight: 0.5, strokes: others },
    { annotator: 'ann', weight: 1, strokes },
  ];
  expect(consensusId(image, drawn, recipe)).toBe(together);
  expect(consensusId(image, drawn.toReversed(), recipe)).toBe(together);

  const drawing = { strokes, extension: '.json', by: 'ann', weight: 1 } as const;
  const other = { strokes: others, extension: '.json', by: 'bob', weight: 0.5 } as const;
  expect(maskOf({ sha256: image, drawings: [drawing] }, { recipe })).toBe(alone);
  expect(maskOf({ sha256: image, drawings: [drawing, other], consensus: true }, { recipe })).toBe(together);
  expect(maskOf({ sha256: image, drawings: [] }, { recipe })).toBeUndefined();
});

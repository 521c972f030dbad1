import { presets } from '@saltworks/core/options';
import { expect, test } from 'vitest';
import { originOf } from '../../dist/datasets/mask-sets.js';

test.each(['paper', 'best'] as const)('the settings of masks tell that their preset is %s', (preset) => {
  const parameters = { backbone: 'dinov2', ...presets[preset], sigmaFactor: 0.7 };
  expect(originOf(parameters)).toEqual({ backbone: 'dinov2', preset, changed: {} });
  // As read from JSON by a version with more settings or fewer.
  const { seed: _, ...fewer } = JSON.parse(JSON.stringify(parameters));
  expect(originOf({ ...fewer, unheardOf: 1 })).toEqual({ backbone: 'dinov2', preset, changed: {} });
});

test('differences from the preset are listed', () => {
  const parameters = { backbone: 'dinov2', ...presets.best, alpha: 0.5 };
  expect(originOf(parameters)).toEqual({ backbone: 'dinov2', preset: 'best', changed: { alpha: 0.5 } });
});

test('masks without settings have no backbone and no preset', () => {
  expect(originOf(undefined)).toEqual({ backbone: null, preset: null, changed: {} });
});

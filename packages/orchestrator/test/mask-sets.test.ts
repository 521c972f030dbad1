import { presets } from '@saltworks/core/options';
import { expect, test } from 'vitest';
import { originOf } from '../dist/datasets/mask-sets.js';

test.each(['paper', 'best'] as const)('masks of the preset %s are known by their settings', (preset) => {
  const parameters = { backbone: 'dinov2', ...presets[preset], sigmaFactor: 0.7 };
  expect(originOf(parameters)).toEqual({ backbone: 'dinov2', preset, changed: {} });
  // Read back from JSON, by a version that knows more settings or fewer.
  const { seed: _, ...fewer } = JSON.parse(JSON.stringify(parameters));
  expect(originOf({ ...fewer, unheardOf: 1 })).toEqual({ backbone: 'dinov2', preset, changed: {} });
});

test('what differs from the preset is said', () => {
  const parameters = { backbone: 'dinov2', ...presets.best, alpha: 0.5 };
  expect(originOf(parameters)).toEqual({ backbone: 'dinov2', preset: 'best', changed: { alpha: 0.5 } });
});

test('masks that say nothing of their settings are of nobody knows what', () => {
  expect(originOf(undefined)).toEqual({ backbone: null, preset: null, changed: {} });
});

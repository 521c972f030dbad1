import type { BuildSettings, Drawing } from '@saltworks/contract/documents/builds';
import { expect, test } from 'vitest';
import { causesOf, type Origin } from '../../src/builds/causes.ts';
import { presets } from '../../src/options.ts';

const keys = { backbone: 'a', sha256: 'f0', layer: 11, facet: 'key', codec: 'float16' } as const;
const settings: BuildSettings = {
  extract: { backbone: 'a', facet: 'key' },
  keys,
  preset: 'best',
  options: presets.best,
  recipe: 'r',
  code: 5,
};
const drawn = (strokes: string, more: Partial<Drawing> = {}): Drawing => ({ strokes, extension: '.json', ...more });
const origin: Origin = { drawings: [drawn('s1')], settings };
const after = (changes: Partial<BuildSettings>): Origin => ({ ...origin, settings: { ...settings, ...changes } });

test('equal inputs are no cause, whoever drew and however the settings are called', () => {
  expect(causesOf(origin, origin)).toEqual([]);
  expect(causesOf(origin, { ...origin, drawings: [drawn('s1', { by: 'ann', n: 3, weight: 0.5 })] })).toEqual([]);
  const { alpha, ...rest } = presets.best;
  expect(causesOf(origin, after({ options: { ...rest, alpha }, recipe: 'q', preset: 'paper' }))).toEqual([]);
});

test.each<[string, Origin]>([
  ['strokes', { ...origin, drawings: [drawn('s2')] }],
  ['layer', after({ keys: { ...keys, layer: 10 } })],
  ['facet', after({ keys: { ...keys, facet: 'value' } })],
  ['size', after({ keys: { ...keys, long_side: 336 } })],
  ['codec', after({ keys: { ...keys, codec: 'int8' } })],
  ['settings', after({ options: { ...presets.best, tau: 0.9 } })],
  ['code', after({ code: 6 })],
])('%s are told apart', (cause, changed) => {
  expect(causesOf(origin, changed)).toEqual([cause]);
  expect(causesOf(changed, origin)).toEqual([cause]);
});

test('another backbone, or another file under its name, is the one cause of other keys', () => {
  const other = { ...keys, backbone: 'b', sha256: 'e1', layer: 23, long_side: 224 };
  const options = { ...presets.best, sigmaFactor: 0.3 };
  expect(causesOf(origin, after({ extract: { backbone: 'b', facet: 'key' }, keys: other, options }))).toEqual([
    'backbone',
  ]);
  expect(causesOf(origin, after({ keys: { ...keys, sha256: 'e1' } }))).toEqual(['backbone']);
});

test('keys that nobody noted are compared as they were asked for', () => {
  const asked = (extract: Partial<BuildSettings['extract']>) =>
    after({ keys: undefined, extract: { ...settings.extract, ...extract } });
  expect(causesOf(origin, asked({}))).toEqual([]);
  expect(causesOf(origin, asked({ layer: 10 }))).toEqual(['layer']);
  expect(causesOf(asked({ codec: 'float16' }), asked({}))).toEqual([]);
  expect(causesOf(asked({ codec: 'pca-64' }), asked({}))).toEqual(['codec']);
});

test('a consensus changes with its annotators and their weights', () => {
  const of = (weight: number): Origin => ({
    ...origin,
    consensus: true,
    drawings: [drawn('s1', { by: 'ann', weight })],
  });
  expect(causesOf(of(1), of(1))).toEqual([]);
  expect(causesOf(of(1), of(0.5))).toEqual(['strokes']);
  expect(causesOf(origin, of(1))).toEqual(['strokes']);
});

test('what nobody knows of one mask is no cause', () => {
  expect(causesOf(origin, { drawings: [], settings: null })).toEqual([]);
  expect(causesOf({ ...origin, settings: null }, { ...origin, drawings: [drawn('s2')] })).toEqual(['strokes']);
});

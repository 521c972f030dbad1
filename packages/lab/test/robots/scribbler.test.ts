import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import { decodePanoptic, type Mask } from '@saltworks/core/mask/mask';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { expect, test } from 'vitest';
import { scribble } from '../../src/robots/scribbler.ts';
import { type StrokeStatistics, strokeStatistics } from '../../src/robots/statistics.ts';
import { makeCase } from '../scene.ts';

const { truth, ignore } = makeCase();
const robotStatistics = (mask: Mask, ignored: Uint8Array, name: string) =>
  strokeStatistics(rasterise({ image: mask, segments: [], strokes: scribble(mask, ignored, name) }), mask, ignored);

test('every segment that counts gets a stroke, mostly within it', () => {
  for (const name of ['a', 'b', 'c']) {
    const found = robotStatistics(truth, ignore, name);
    expect(found.map(({ id }) => id)).toEqual([0, 7, 9]);
    for (const { misses } of found) expect(misses).toBeLessThan(0.1);
  }
});

test('strokes depend on the name and the mask alone', () => {
  expect(scribble(truth, ignore, 'a')).toEqual(scribble(truth, ignore, 'a'));
  expect(scribble(truth, ignore, 'a')).not.toEqual(scribble(truth, ignore, 'b'));
});

test('a segment of one pixel gets a dot', () => {
  const ids = new Uint32Array(81);
  ids[40] = 5;
  const strokes = scribble({ ids, width: 9, height: 9 }, new Uint8Array(81), 'a').filter(
    ({ segment }) => segment === 5,
  );
  expect(strokes.length).toBeGreaterThan(0);
  for (const { points } of strokes) expect(points.length).toBe(1);
});

test('what is wholly ignored gets none', () => {
  expect(scribble(truth, ignore.slice().fill(1), 'a')).toEqual([]);
});

const data = new URL('../../../../../shared/data/', import.meta.url).pathname;
const none = !existsSync(join(data, 'scribbles'));

test.skipIf(none)(`the robot draws as people do${none ? ' (skipped: there is no ../shared/data)' : ''}`, async () => {
  const { scribbles } = JSON.parse(readFileSync(join(data, 'scribbles/index.json'), 'utf8'));
  const sprayed = new Map<string, number[]>(
    scribbles.map((one: { name: string; sprayed: number[] }) => [one.name, one.sprayed]),
  );
  const names = readdirSync(join(data, 'scribbles'))
    .filter((file) => file.endsWith('.png'))
    .map((file) => file.slice(0, -4))
    .sort();
  const [people, robot]: StrokeStatistics[][] = [[], []];
  for (const name of names.filter((_, i) => i % 4 === 0)) {
    const mask = decodePanoptic(await decodeImage(readFileSync(join(data, 'panoptic', `${name}.png`))));
    const ignored = Uint8Array.from(mask.ids, (id) => Number(id === 0));
    const { raster } = parseScribblePng(readFileSync(join(data, 'scribbles', `${name}.png`)), mask);
    const isLine = ({ id }: StrokeStatistics) => !sprayed.get(name)?.includes(id);
    people.push(...strokeStatistics(raster, mask, ignored).filter(isLine));
    robot.push(...robotStatistics(mask, ignored, name).filter(isLine));
  }
  expect(robot.length).toBe(people.length);
  const median = (of: StrokeStatistics[], key: 'length' | 'coverage') =>
    of.map((one) => one[key]).sort((a, b) => a - b)[of.length >> 1];
  for (const key of ['length', 'coverage'] as const) {
    const ratio = median(robot, key) / median(people, key);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.33);
  }
  const missed = (of: StrokeStatistics[]) => of.reduce((sum, { misses }) => sum + misses, 0) / of.length;
  expect(missed(people)).toBeLessThan(0.003);
  expect(missed(robot)).toBeLessThan(0.003);
});

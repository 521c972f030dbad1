import type { Drawing } from '@saltworks/contract/api/interactions';
import { expect, test } from 'vitest';
import { waitingOf } from '../../src/annotate/waiting.ts';

const given = (n: number, segment: number) => ({
  ...{ n, segment, points: [], radius: 0, exact: true, origin: 'predicted' as const },
  region: [10 * segment, 4],
});
const segment = (id: number) => ({ id, category: 1, origin: 'predicted' as const });
const drawing: Pick<Drawing, 'segments' | 'strokes'> = {
  segments: [segment(1), segment(2), segment(3)],
  strokes: [given(4, 1), given(5, 2), given(6, 3)],
};

test('what was predicted waits; what was accepted, drawn on, taken in or classed anew does not', () => {
  expect([...waitingOf(drawing)]).toEqual([1, 2, 3]);
  const { segments, strokes } = drawing;
  const accepted = [{ ...segments[0], accepted: true as const }, ...segments.slice(1)];
  expect([...waitingOf({ segments: accepted, strokes })]).toEqual([2, 3]);
  const drawn = { n: 7, segment: 2, points: [[1, 1]] as [number, number][], radius: 2 };
  expect([...waitingOf({ segments, strokes: [...strokes, drawn] })]).toEqual([1, 3]);
  const merged = { segments: segments.slice(0, 2), strokes: [...strokes.slice(0, 2), { ...strokes[2], segment: 2 }] };
  expect([...waitingOf(merged)]).toEqual([1]);
  expect([...waitingOf({ segments: [segments[0], { id: 2, category: 2 }], strokes })]).toEqual([1]);
});

test('a segment that lost pixels to another does not wait, once its pixels are known', () => {
  const areas = new Map([
    [1, 4],
    [2, 3],
    [3, 4],
  ]);
  expect([...waitingOf(drawing, areas)]).toEqual([1, 3]);
});

test('imported labels do not wait', () => {
  const segments = [{ id: 1, category: 1, origin: 'imported' as const }];
  expect(waitingOf({ segments, strokes: [{ ...given(2, 1), origin: 'imported' }] }).size).toBe(0);
});

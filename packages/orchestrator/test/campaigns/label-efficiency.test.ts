import type { Interaction } from '@saltworks/contract/api/interactions';
import { drawingSteps as document } from '@saltworks/contract/documents/label-efficiency';
import * as z from '@saltworks/contract/zod';
import { drawingSteps } from '@saltworks/core/judge/label-efficiency';
import { expect, test } from 'vitest';
import { documentOf } from '../../src/campaigns/measures/label-efficiency.ts';

const line = { points: [[4, 4] as [number, number], [8, 4] as [number, number]], radius: 2 };
const corners: [number, number][] = [
  [1, 1],
  [5, 1],
  [5, 5],
];

test('the worker gets all of a drawing: exact strokes, outlines, filled parts, locks, and what belonged to another segment', () => {
  const interactions: Interaction[] = [
    { kind: 'segment', id: 1, category: 2 },
    { kind: 'segment', id: 2, category: 2 },
    { kind: 'stroke', segment: 1, ...line },
    { kind: 'stroke', segment: 2, points: corners, radius: 0, polygon: true, exact: true },
    { kind: 'merge', segment: 2, into: 1 },
    { kind: 'lock', segment: 1, region: [3, 4] },
    { kind: 'fill', segment: 0, region: [40, 9], spread: false },
  ];
  const timed = interactions.map((interaction, i) => ({ at: 1_000 * (i + 1), interaction }));
  const cup = { id: 2, name: 'cup', isthing: true, colour: '#ff8800' };
  const written = JSON.stringify(documentOf(drawingSteps(timed, 0), { categories: [cup] }));
  const outline = { points: corners, radius: 0, polygon: true, exact: true };
  const named = (id: number) => ({ id, category: 'cup', isthing: true });
  expect(z.parse(document, JSON.parse(written))).toEqual({
    version: 1,
    strokes: [
      { segment: 1, ...line },
      { segment: 2, ...outline },
      { segment: 1, ...outline },
      { segment: 0, points: [], radius: 0, region: [40, 9], exact: true, spread: false },
    ],
    steps: [
      { strokes: 1, seconds: 3, segments: [named(1), named(2)], drawn: [0] },
      { strokes: 2, seconds: 4, segments: [named(1), named(2)], drawn: [0, 1] },
      { strokes: 3, seconds: 7, segments: [named(1)], drawn: [0, 2, 3], locks: [{ segment: 1, region: [3, 4] }] },
    ],
  });
});

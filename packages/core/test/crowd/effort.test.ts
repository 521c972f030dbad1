import type { Interaction } from '@saltworks/contract/api/interactions';
import { describe, expect, test } from 'vitest';
import { effortTotals, imageEffort } from '../../src/crowd/effort.ts';

const name = (id: number, category: number): Interaction => ({ kind: 'segment', id, category });
const stroke = (segment: number): Interaction => ({ kind: 'stroke', segment, points: [[1, 1]], radius: 2 });
const undo: Interaction = { kind: 'undo' };
const redo: Interaction = { kind: 'redo' };

const start = 1_700_000_000_000;
/** Interactions, each the given seconds after the one before. */
function after(...steps: [seconds: number, interaction: Interaction][]) {
  let at = start;
  return steps.map(([seconds, interaction]) => {
    at += 1000 * seconds;
    return { at, interaction };
  });
}

test('the time since the last interaction belongs to the next one', () => {
  const done = after([5, name(1, 3)], [2, stroke(1)], [10, stroke(0)], [4, stroke(1)]);
  expect(imageEffort(done, { opened: start, submitted: start + 28_000 })).toEqual({
    seconds: 28,
    idle: 0,
    interactions: 4,
    strokes: [
      { n: 2, segment: 1, seconds: 2 },
      { n: 3, segment: 0, seconds: 10 },
      { n: 4, segment: 1, seconds: 4 },
    ],
    segments: [
      { segment: 0, category: 0, strokes: 1, seconds: 10 },
      { segment: 1, category: 3, strokes: 2, seconds: 11 },
    ],
    discarded: 0,
    review: 7,
  });
});

test('what an image began with is nobody’s work', () => {
  const given: Interaction = { kind: 'fill', segment: 1, region: [0, 4], origin: 'imported' };
  const begun = after([0, { kind: 'segment', id: 1, category: 3, origin: 'imported' }], [0, given]);
  const [drawn] = after([7, stroke(1)]);
  const found = imageEffort([...begun, drawn], { opened: start });
  expect(found).toMatchObject({ seconds: 7, interactions: 1, strokes: [{ n: 3, segment: 1, seconds: 7 }] });
  expect(found.segments).toEqual([{ segment: 1, category: 3, strokes: 1, seconds: 7 }]);
});

describe('idle time', () => {
  const work = (gap: number, idle?: number) => imageEffort(after([0, name(1, 1)], [gap, stroke(1)]), { idle });
  test('of a gap at most a minute counts', () => {
    expect(work(59)).toMatchObject({ seconds: 59, idle: 0 });
    expect(work(60)).toMatchObject({ seconds: 60, idle: 0 });
    expect(work(3600)).toMatchObject({ seconds: 60, idle: 3540 });
    expect(work(3600, 100)).toMatchObject({ seconds: 100, idle: 3500 });
  });

  test('starts a minute after opening and after the last interaction before submitting, too', () => {
    const found = imageEffort(after([100, name(1, 1)]), { opened: start, submitted: start + 300_000 });
    expect(found).toMatchObject({ seconds: 120, idle: 180, review: 60 });
  });
});

test('undo and redo count for the segment of the interaction that they undo or redo', () => {
  const done = after(
    [0, name(1, 1)],
    [1, name(2, 2)],
    [2, stroke(1)],
    [4, stroke(2)],
    [8, undo],
    [16, undo],
    [32, redo],
  );
  expect(imageEffort(done).segments).toEqual([
    { segment: 1, category: 1, strokes: 1, seconds: 2 + 16 + 32 },
    { segment: 2, category: 2, strokes: 1, seconds: 1 + 4 + 8 },
  ]);
});

test('erasing counts for the stroke’s segment', () => {
  const done = after([0, name(1, 1)], [1, stroke(1)], [2, stroke(0)], [4, { kind: 'erase', stroke: 2 }], [8, undo]);
  expect(imageEffort(done).segments.find(({ segment }) => segment === 1)?.seconds).toBe(1 + 4 + 8);
});

test('segments that were undone or deleted do not count, and others count by their final category', () => {
  const done = after(
    [1, name(1, 1)],
    [2, stroke(1)],
    [4, name(2, 1)],
    [8, stroke(2)],
    [16, { kind: 'delete', segment: 1 }],
    [32, { kind: 'classify', segment: 2, category: 5 }],
    [1, name(3, 1)],
    [2, undo],
    [4, stroke(0)],
    [8, undo],
  );
  const found = imageEffort(done, { opened: start });
  expect(found.segments).toEqual([{ segment: 2, category: 5, strokes: 1, seconds: 4 + 8 + 32 }]);
  expect(found.discarded).toBe(1 + 2 + 16 + 1 + 2 + 4 + 8);
  expect(found.seconds).toBe(44 + found.discarded);
  expect(found.strokes).toHaveLength(3);
  expect(effortTotals([{ annotator: 'ada', effort: found }]).classes).toEqual([
    { category: 5, segments: 1, strokes: 1, seconds: 44 },
  ]);
  // The redone segment exists.
  expect(imageEffort([...done.slice(0, 5), ...after([0, undo])]).segments.map(({ segment }) => segment)).toEqual([
    1, 2,
  ]);
});

test('a clock that goes back adds nothing, and catching up is not counted twice', () => {
  const done = after([0, name(1, 1)], [10, stroke(1)], [-5, stroke(1)], [5, stroke(1)], [1, stroke(1)]);
  expect(imageEffort(done).seconds).toBe(11);
});

test('segments, discarded time and review sum to all of the time', () => {
  const done = after([3, undo], [1, name(1, 1)], [90, stroke(1)], [7, stroke(0)], [2, undo], [1, redo], [4, redo]);
  const found = imageEffort(done, { opened: start, submitted: start + 110_000 });
  const segments = found.segments.reduce((sum, { seconds }) => sum + seconds, 0);
  expect(segments + found.review).toBeCloseTo(found.seconds, 9);
  expect(found.seconds + found.idle).toBeCloseTo(110, 9);
});

test('no interaction takes no time', () => {
  expect(imageEffort([])).toMatchObject({ seconds: 0, idle: 0, segments: [], strokes: [] });
  expect(imageEffort([], { opened: start, submitted: start + 5000 })).toMatchObject({ seconds: 5, review: 5 });
});

test('totals are sums over images, by annotator and by category', () => {
  const first = imageEffort(after([0, name(1, 3)], [2, stroke(1)], [100, stroke(0)]));
  const second = imageEffort(after([0, name(1, 3)], [4, stroke(1)], [1, name(2, 5)], [1, stroke(2)]));
  expect(
    effortTotals([
      { annotator: 'bob', effort: first },
      { annotator: 'ada', effort: second },
      { annotator: 'bob', effort: second },
    ]),
  ).toEqual({
    annotators: [
      { annotator: 'ada', images: 1, strokes: 2, seconds: 6, idle: 0 },
      { annotator: 'bob', images: 2, strokes: 4, seconds: 68, idle: 40 },
    ],
    classes: [
      { category: 0, segments: 1, strokes: 1, seconds: 60 },
      { category: 3, segments: 3, strokes: 3, seconds: 10 },
      { category: 5, segments: 2, strokes: 2, seconds: 4 },
    ],
  });
});

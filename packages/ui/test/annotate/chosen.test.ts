import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { expect, test } from 'vitest';
import { choiceOf, neighbourOf } from '../../src/annotate/chosen.ts';

const categories: LabelCategory[] = ['cup', 'table'].map((name, i) => ({
  id: i + 3,
  name,
  colour: '#ff8800',
  isthing: true,
}));
const segments = [
  { id: 1, category: 3 },
  { id: 5, category: 4 },
  { id: 6, category: 3 },
];
const stroke = (n: number, segment: number) => ({ n, segment, points: [[1, 1]] as [number, number][], radius: 2 });

test('a new image starts with an unnamed segment of the first category', () => {
  expect(choiceOf({ segments: [], strokes: [] }, categories, undefined, 1)).toEqual({
    segments: [{ id: 1, category: 3 }],
    unnamed: true,
    segment: 1,
  });
  // Also once all were deleted, and with the background drawn.
  expect(choiceOf({ segments: [], strokes: [stroke(1, 0)] }, categories, undefined, 7)).toMatchObject({ segment: 7 });
  expect(choiceOf({ segments: [], strokes: [] }, categories, 0, 1).segment).toBe(0);
  expect(choiceOf({ segments: [], strokes: [] }, [], undefined, 1)).toEqual({
    segments: [],
    unnamed: false,
    segment: 0,
  });
});

test('a reopened image continues with the last drawn segment, never the background', () => {
  const strokes = [stroke(4, 1), stroke(5, 5), stroke(6, 0)];
  expect(choiceOf({ segments, strokes }, categories, undefined, 7)).toEqual({ segments, unnamed: false, segment: 5 });
  expect(choiceOf({ segments, strokes: [] }, categories, undefined, 7).segment).toBe(6);
});

test('the annotator’s choice holds while the segment exists', () => {
  expect(choiceOf({ segments, strokes: [] }, categories, 0, 7).segment).toBe(0);
  expect(choiceOf({ segments, strokes: [] }, categories, 1, 7).segment).toBe(1);
  expect(choiceOf({ segments, strokes: [stroke(4, 5)] }, categories, 2, 7).segment).toBe(5);
});

test('after a deletion, the segment below is chosen, or else the one above', () => {
  expect([1, 5, 6].map((id) => neighbourOf(id, segments))).toEqual([5, 6, 5]);
  expect(neighbourOf(1, segments.slice(0, 1))).toBeUndefined();
});

import type { Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import { describe, expect, test } from 'vitest';
import { maskOrigin } from '../../src/mask/origin.ts';

const origin = 'imported';
const given = (segment: number, region: number[]): Stroke => ({
  ...{ segment, region, points: [], radius: 0, exact: true, origin },
});
const segments: Segment[] = [1, 2].map((id) => ({ id, category: 'pan', isthing: true, origin }));
/** 0 0 1 1 2 2 0 0 */
const strokes = [given(1, [2, 2]), given(2, [4, 2]), given(0, [0, 2, 4, 2])];
const of = (ids: number[], drawing = { segments, strokes }) => maskOrigin({ ids: Uint32Array.from(ids) }, drawing);
const plain = [0, 0, 1, 1, 2, 2, 0, 0];

describe('the origin of a mask', () => {
  test('is none of what is drawn alone', () => {
    const drawn = strokes.map(({ origin, ...stroke }) => stroke);
    expect(of(plain, { segments, strokes: drawn })).toEqual({ segments: new Map() });
  });

  test('is what the image began with; it is corrected if a pixel differs, and other segments stay as they were', () => {
    const both = new Map([1, 2].map((id) => [id, origin]));
    expect(of(plain)).toEqual({ origin, segments: both });
    expect(of([0, 0, 1, 1, 2, 0, 0, 0])).toEqual({ origin, corrected: true, segments: new Map([[1, origin]]) });
    expect(of([0, 0, 1, 1, 2, 2, 2, 0])).toEqual({ origin, corrected: true, segments: new Map([[1, origin]]) });
    expect(of([0, 0, 1, 1, 2, 2, 3, 3])).toEqual({ origin, corrected: true, segments: both });
    expect(of([0, 0, 1, 1, 2, 2, 2, 2])).toEqual({ origin, corrected: true, segments: new Map([[1, origin]]) });
  });

  test('is another one after a segment got a class, was deleted, or took another in', () => {
    const classed = [segments[0], { id: 2, category: 'heap', isthing: true }];
    expect(of(plain, { segments: classed, strokes })).toEqual({
      ...{ origin, corrected: true, segments: new Map([[1, origin]]) },
    });
    const deleted = { segments: [segments[0]], strokes: [strokes[0], strokes[2]] };
    expect(of([0, 0, 1, 1, 1, 0, 0, 0], deleted)).toEqual({ origin, corrected: true, segments: new Map() });
    const merged = { segments: [segments[0]], strokes: [strokes[0], { ...strokes[1], segment: 1 }, strokes[2]] };
    expect(of([0, 0, 1, 1, 1, 1, 0, 0], merged)).toEqual({ origin, corrected: true, segments: new Map() });
  });
});

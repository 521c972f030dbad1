import { describe, expect, test } from 'vitest';
import { panopticDocument, uncertaintyOf } from '../../src/formats/panoptic.ts';

test('a segment as it was given is told apart from one that somebody accepted, and from one that was corrected', () => {
  const origin = 'predicted' as const;
  const given = (segment: number, region: number[]) => ({
    ...{ segment, region, points: [], radius: 0, exact: true, origin },
  });
  const segments = [1, 2, 3].map((id) => ({
    ...{ id, category: 'pan', isthing: true, origin },
    ...(id > 1 && { accepted: true as const }),
  }));
  const strokes = [given(1, [0, 2]), given(2, [2, 2]), given(3, [4, 4])];
  const mask = { ids: Uint32Array.of(1, 1, 2, 2, 3, 3, 3, 0), width: 4, height: 2 };
  const nodes = { data: Float32Array.of(1), h: 1, w: 1, labels: [1], iterations: 1, converged: true };
  const names = { image: 'a.png', sha256: 'a', mask: 'a' };
  const document = panopticDocument({ mask, nodes, seeds: { unseeded: [] } }, segments, names, { strokes });
  expect(document.segments_info.map(({ id, origin, accepted }) => [id, origin, accepted])).toEqual([
    [1, origin, undefined],
    [2, origin, true],
    [3, undefined, undefined],
  ]);
  expect(document).toMatchObject({ origin, corrected: true });
});

describe('the uncertainty of a mask', () => {
  const of = (labels: number[], ...rows: number[][]) => uncertaintyOf({ labels, data: Float32Array.from(rows.flat()) });

  test('is 0 if every node is certain, and 1 if none has scores', () => {
    expect(of([0, 1], [1, 0], [0, 1])).toBe(0);
    expect(of([0, 1], [0, 0])).toBe(1);
    // The background alone.
    expect(of([0], [1], [1])).toBe(0);
  });

  test('is 1 less the mean of the expected IoUs', () => {
    // Label 0 is best at the first node, 9 at the second, 3 at the third.
    const ious = [0.6 / (1 + 0.1 + 0.25), 0.5 / (1 + 0.3 + 0.1), 0.8 / (1 + 0.1 + 0.25)];
    const mean = (ious[0] + ious[1] + ious[2]) / 3;
    expect(of([0, 3, 9], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25])).toBeCloseTo(1 - mean, 4);
  });

  test('counts a segment that is best nowhere as lost', () => {
    expect(of([0, 1], [0.75, 0.25], [0.75, 0.25])).toBe(1 - 0.75 / 2);
  });

  test('has four decimals', () => {
    expect(of([0, 1], [2 / 3, 1 / 3])).toBe(0.6667);
  });
});

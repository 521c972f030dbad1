import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import { expect, test } from 'vitest';
import { gateOf, type Judged } from '../../src/builds/gate.ts';

const same: Judged = { removed: 0, failed: 0, iou: 1, known: null, accepted: null, offered: null };
const reasons = (changes: Partial<Judged>, options?: Parameters<typeof gateOf>[1]) =>
  gateOf({ ...same, ...changes }, options).reasons;
const fall = (before: number, after: number, images = 12) => ({ before, after, images, worse: images });

test('nothing changed: the gate is open, by the default thresholds', () => {
  expect(gateOf(same)).toEqual({ open: true, reasons: [], thresholds: defaultThresholds });
});

test.each([
  [
    { known: fall(0.812, 0.774) },
    'masks of 12 known images fell from 0.812 to 0.774 mean IoU; at most 0.010 is allowed without a look',
  ],
  [
    { accepted: fall(0.9, 0.8, 1) },
    'masks of 1 accepted image fell from 0.900 to 0.800 mean IoU; at most 0.010 is allowed without a look',
  ],
  [{ iou: 0.5 }, 'segments changed by 50.0 % (1 − mean IoU); at most 5.0 % may without a look'],
  [
    { offered: { images: 3, share: 0.1, iou: 0.75 } },
    'segments of 3 kept images would change by 25.0 % (1 − mean IoU); at most 5.0 % may without a look',
  ],
  [{ removed: 1 }, '1 image lost its mask; none may without a look'],
  [{ removed: 2 }, '2 images lost their masks; none may without a look'],
  [{ failed: 2 }, 'masks of 2 images could not be compared; none may be shown without a look'],
])('%j holds it, in one line', (changes, reason) => {
  const { open, reasons } = gateOf({ ...same, ...changes }, { thresholds: { worse: 0.01, changed: 0.05 } });
  expect(open).toBe(false);
  expect(reasons).toEqual([reason]);
});

test('masks that could not be made hold it once, though they were not compared either', () => {
  expect(reasons({ failed: 3 }, { failed: 3 })).toEqual([
    'masks of 3 images could not be made; none may be missing without a look',
  ]);
});

test('what gets better, or changes as much as is allowed, does not', () => {
  const thresholds = { worse: 0.25, changed: 0.5 };
  expect(reasons({ known: fall(0.5, 0.9), accepted: fall(0.75, 0.5), iou: 0.5 }, { thresholds })).toEqual([]);
  expect(reasons({ known: fall(0.75, 0.49) }, { thresholds })).toHaveLength(1);
});

test('one threshold alone may differ', () => {
  expect(gateOf({ ...same, iou: 0.1 }, { thresholds: { changed: 1 } })).toMatchObject({
    open: true,
    thresholds: { worse: defaultThresholds.worse, changed: 1 },
  });
});

test('every reason is told', () => {
  expect(reasons({ known: fall(1, 0), iou: 0, removed: 1 })).toHaveLength(3);
});

import { expect, test } from 'vitest';
import { statusOf } from '../../src/annotate/status.ts';

const labelled = { message: '', preview: 'ready', patch: true, ms: 12.4 };

test('every update of labels is shown; only the first is announced', () => {
  expect(statusOf({ ...labelled })).toEqual({
    shown: 'Mask drawn, not checked by the server yet',
    said: 'Mask drawn',
    remark: 'Labelled in 12 ms in this browser',
  });
  const again = statusOf({ ...labelled, ms: 30, confirmed: true });
  expect(again).toEqual({
    shown: 'Mask up to date',
    said: 'Mask drawn',
    remark: 'Labelled in 30 ms in this browser',
  });
});

test('what an image began with is announced until somebody changes it', () => {
  const said = 'Imported labels: accept them as they are, or correct them.';
  expect(statusOf({ ...labelled, begun: 'imported', empty: true })).toEqual({ shown: said, said });
});

test('obstacles are announced', () => {
  const missing = { ...labelled, patch: false, none: 'Draw on one thing more: the background counts.' };
  expect(statusOf(missing)).toEqual({ shown: missing.none, said: missing.none });
  expect(statusOf({ ...labelled, confirmed: false }).said).toMatch(
    /^Mask up to date: some places are as the server has them/,
  );
  expect(statusOf({ ...labelled, message: 'No.' }).said).toBe('No.');
  expect(statusOf({ ...labelled, empty: true }).said).toMatch(/^Nothing but background: .* or submit/);
});

import { expect, test } from 'vitest';
import { statusOf } from '../../src/annotate/status.ts';

const labelled = { message: '', preview: 'ready', patch: true, ms: 12.4 };

test('every update of labels is shown; only the first is announced', () => {
  expect(statusOf({ ...labelled })).toEqual({ shown: 'Labelled in 12 ms', said: 'Labelled' });
  const again = statusOf({ ...labelled, ms: 30, confirmed: true });
  expect(again).toEqual({ shown: 'Labelled in 30 ms, confirmed by the server', said: 'Labelled' });
});

test('obstacles are announced', () => {
  const missing = { ...labelled, patch: false, none: 'Draw on one thing more: the background counts.' };
  expect(statusOf(missing)).toEqual({ shown: missing.none, said: missing.none });
  expect(statusOf({ ...labelled, confirmed: false }).said).toMatch(/^The server labels some places differently/);
  expect(statusOf({ ...labelled, message: 'No.' }).said).toBe('No.');
  expect(statusOf({ ...labelled, empty: true }).said).toMatch(/^Nothing but background: .* or submit/);
});

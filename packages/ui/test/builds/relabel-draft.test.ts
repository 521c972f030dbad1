import { newRelabel } from '@saltworks/contract/api/builds';
import * as z from '@saltworks/contract/zod';
import { expect, test } from 'vitest';
import { emptyRelabel, relabelOf } from '../../src/builds/relabel-draft.ts';

test('what is left empty is left to the campaign, and percent are shares', () => {
  const draft = { ...emptyRelabel({ backbone: 'dinov2-small', layer: '9' }), changed: '30', promote: 'hold' as const };
  const body = relabelOf(draft);
  expect(body).toEqual({
    backbone: 'dinov2-small',
    layer: 9,
    promote: 'hold',
    keep: 'accepted',
    thresholds: { changed: 0.3 },
  });
  expect(z.safeParse(newRelabel, body).success).toBe(true);
  expect(relabelOf(emptyRelabel())).not.toHaveProperty('thresholds');
});

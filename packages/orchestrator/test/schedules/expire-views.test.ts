/** Views go by their age, and nothing else does. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysKey, thumbnailKey, viewKey } from '@saltworks/contract/layout';
import type { FiringMade } from '@saltworks/contract/messages/schedules';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { afterAll, expect, test } from 'vitest';
import { doViewsExpiry } from '../../dist/schedules/work/expire-views.js';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-old-views-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('views and thumbnails of long ago are removed; younger ones and keys stay', async () => {
  const store = fileStore(folder);
  const [old, young] = ['ab'.repeat(32), 'cd'.repeat(32)];
  const kept = [viewKey(young), thumbnailKey(young), keysKey('tiny', old)];
  const gone = [viewKey(old, '.png'), thumbnailKey(old)];
  for (const key of [...kept, ...gone]) await store.put(key, 'four');
  const before = Date.now() / 1000 - 2 * 86_400;
  for (const key of [...gone, keysKey('tiny', old)]) utimesSync(join(folder, key), before, before);

  const noted: FiringMade[] = [];
  const expire = (older: number, made: FiringMade = {}) =>
    doViewsExpiry(
      { store },
      { kind: 'expire-views', older },
      {
        ...{ signal: new AbortController().signal, made },
        note: async ({ made }) => void noted.push(made!),
      },
    );
  expect(await expire(3)).toEqual({ outcome: 'skipped', reason: 'no view is older than 3 days', made: {} });
  expect(await expire(1)).toEqual({ outcome: 'done', reason: null, made: { views: 2, bytes: 8 } });
  expect(noted).toEqual([{ views: 2, bytes: 8 }]);
  for (const key of kept) expect([key, await store.head(key)]).toEqual([key, expect.objectContaining({ size: 4 })]);
  for (const key of gone) expect([key, await store.head(key)]).toEqual([key, undefined]);
  // Another attempt at the same firing goes on from what was noted.
  expect(await expire(1, { views: 2, bytes: 8 })).toMatchObject({ outcome: 'done', made: { views: 2, bytes: 8 } });
  expect(await expire(1)).toMatchObject({ outcome: 'skipped', reason: 'no view is older than a day' });
});

/** Sets of keys go once nothing draws on them and nobody used them for a while; never before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, extractReportKey, keysKey, shardKey } from '@saltworks/contract/layout';
import type { FiringMade } from '@saltworks/contract/messages/schedules';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { afterEach, expect, test } from 'vitest';
import { changeCampaign } from '../../dist/campaigns/change.js';
import { doExpiry } from '../../dist/schedules/work/expire-keys.js';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-expiry-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describeDatabases('expiry of keys', ({ open }) => {
  test('only what nothing draws on, and only once it is old enough', async () => {
    const { db } = await open();
    const store = fileStore(folder);
    const sha256 = 'ab'.repeat(32);
    const image = { id: 1, sha256, name: 'a.png', object: 'images/a.png', bytes: 1, version: '1' };
    await store.put(shardKey('pans', 0), encodeLines([image]));
    const counts = { images: 1, duplicates: 0, shards: 1, bytes: 1, categories: [] };
    const document = { version: 1, name: 'pans', source: '', updated: '', ...counts };
    await store.put(datasetKey('pans'), JSON.stringify(document));
    const sets = ['tiny', 'tiny-layer3', 'tiny-layer4', 'tiny-layer5'];
    for (const keys of sets) {
      await store.put(extractReportKey('pans', keys, 0), JSON.stringify({ images: 1, failures: [] }));
      await store.put(keysKey(keys, sha256), 'k'.repeat(10));
    }
    // Drawn on by an open campaign, and by a closed one until a moment ago.
    await makeCampaign(db, { id: 'open', dataset: 'pans', backbone: 'tiny' });
    await makeCampaign(db, { id: 'closed', dataset: 'pans', backbone: 'tiny', layer: 4 });
    await changeCampaign(db, 'closed', { state: 'closed' }, 'owner');
    const running = { id: 'r', kind: 'propagate', state: 'running', keys: 'tiny-layer3', ended: null } as DatasetRun;
    const deps = { db, store, runs: { list: async () => [running], bakeoffs: async () => [] } };
    let noted: FiringMade = {};
    const expire = (unused: number, made: FiringMade = {}) =>
      doExpiry(deps as never, { kind: 'expire-keys', dataset: 'pans', unused }, {
        ...{ schedule: 'tidy', overlap: 'skip', signal: new AbortController().signal, isCancelled: () => false, made },
        note: async (given: { made?: FiringMade }) => {
          noted = given.made ?? noted;
        },
      } as never);
    expect(await expire(30)).toEqual({
      ...{ outcome: 'skipped', made: {} },
      reason: 'no set of keys of pans is unused for 30 days',
    });
    expect(await expire(0)).toEqual({
      ...{ outcome: 'done', reason: null },
      made: { keys: ['pans/tiny-layer4', 'pans/tiny-layer5'], bytes: 20 },
    });
    expect(noted).toEqual({ keys: ['pans/tiny-layer4', 'pans/tiny-layer5'], bytes: 20 });
    for (const keys of sets) {
      expect([keys, (await store.head(keysKey(keys, sha256))) !== undefined]).toEqual([keys, !/[45]$/.test(keys)]);
    }
    // An attempt that broke off when only the report was gone leaves nothing behind.
    await store.put(keysKey('tiny-layer5', sha256), 'k'.repeat(10));
    expect(await expire(0, { keys: ['pans/tiny-layer5'], bytes: 0 })).toMatchObject({ outcome: 'done' });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { encodeLines } from '@saltworks/contract/documents/document';
import { extractReportKey, keysKey, shardKey } from '@saltworks/contract/layout';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeCampaign } from '../../dist/campaigns/change.js';
import type { Database } from '../../dist/db/database.js';
import { describeKeys, removeKeySet } from '../../src/datasets/keys.ts';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

const pans: Dataset = {
  ...{ version: 1, name: 'pans', source: '', images: 1, duplicates: 0, shards: 1, bytes: 1 },
  ...{ categories: [], updated: '' },
};
const sha256 = 'a'.repeat(64);
const sets = ['tiny', 'tiny-layer3-value', 'tiny-layer4'];

describeDatabases('sets of keys', ({ open }) => {
  const root = mkdtempSync(join(tmpdir(), 'saltworks-keys-'));
  const store = fileStore(root);
  let db: Database['db'];
  beforeAll(async () => {
    ({ db } = await open());
    const line = { id: 1, sha256, name: 'a.png', object: 'o', bytes: 1, version: '1' };
    await store.put(shardKey('pans', 0), encodeLines([line]));
    for (const id of sets) {
      await store.put(extractReportKey('pans', id, 0), JSON.stringify({ images: 1, failures: [] }));
      await store.put(keysKey(id, sha256), 'keys');
    }
    await makeCampaign(db, { id: 'plain', name: 'Plain', dataset: 'pans' });
    await makeCampaign(db, { id: 'deep', name: 'Deep', dataset: 'pans', layer: 3, facet: 'value' });
    await makeCampaign(db, { id: 'elsewhere', dataset: 'ponds', layer: 4 });
  }, 60_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const remove = (keys: string, running: Partial<DatasetRun>[] = []) =>
    removeKeySet({ db, store, runs: runsOf(running) } as never, pans, { keys, from: 0 });
  const runsOf = (running: Partial<DatasetRun>[]) => ({
    list: async () => running.map((run) => ({ id: 'r', kind: 'propagate', state: 'running', ...run }) as DatasetRun),
    bakeoffs: async () => [],
  });

  test('name the campaigns that draw on each', async () => {
    const found = await describeKeys(db, store, pans);
    expect(found.map(({ id, images, campaigns }) => [id, images, campaigns.map(({ name }) => name)])).toEqual([
      ['tiny', 1, ['Plain']],
      ['tiny-layer3-value', 1, ['Deep']],
      ['tiny-layer4', 1, []],
    ]);
    // Others' campaigns are not told of.
    expect((await describeKeys(db, store, pans, 'stranger'))[0].campaigns).toEqual([]);
  });

  test('stay while a campaign that is not closed, or a run, draws on them', async () => {
    await expect(remove('tiny-layer3-value')).rejects.toThrow('campaign deep draws on the keys tiny-layer3-value');
    await expect(remove('tiny-layer5')).rejects.toThrow('no keys tiny-layer5 of pans; expected some');
    const layer4 = (run: Partial<DatasetRun>) => remove('tiny-layer4', [run]);
    await expect(layer4({ keys: 'tiny-layer4' })).rejects.toThrow('the run r draws on the keys tiny-layer4');
    // A run of an earlier version, of which nobody knows.
    await expect(layer4({ keys: null })).rejects.toThrow('the run r draws');
    expect(await store.head(keysKey('tiny-layer4', sha256))).toBeDefined();
    expect(await layer4({ keys: 'tiny' })).toEqual({ removed: 1, bytes: 4, next: null });
    await changeCampaign(db, 'deep', { state: 'closed' }, 'owner');
    expect(await remove('tiny-layer3-value', [{ kind: 'export', keys: null }])).toEqual({
      removed: 1,
      bytes: 4,
      next: null,
    });
    expect((await describeKeys(db, store, pans)).map(({ id }) => id)).toEqual(['tiny']);
  });
});

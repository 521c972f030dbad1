/** The choice of keys over the API: of a new campaign, and of a run. */
import { datasetKey } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

describeDatabases('the choice of keys', ({ open }) => {
  let server: TestServer;
  let admin: string;
  const prepared: ExtractSettings[] = [];
  beforeAll(async () => {
    server = await openServer(await open(), { prepare: async (_, extract) => void prepared.push(extract) });
    admin = await server.key('admin', 'admin');
    const counts = { images: 0, duplicates: 0, shards: 0, bytes: 0 };
    const document = { version: 1, name: 'pans', source: '', ...counts, categories: [], updated: '' };
    await server.deps.store.put(datasetKey('pans'), JSON.stringify(document));
  }, 60_000);
  afterAll(() => server?.close());

  const categories = [{ id: 1, name: 'salt', colour: '#ffffff', isthing: true }];
  const create = (id: string, choice: object) =>
    server.call('POST', '/api/campaigns', {
      key: admin,
      body: { id, name: id, dataset: 'pans', categories, ...choice },
    });
  const made = async (id: string) => (await server.call('GET', `/api/campaigns/${id}`, { key: admin })).body;

  test('a campaign keeps backbone, layer, facet, size and codec; what it leaves out is the backbone’s own', async () => {
    const choice = { layer: 8, facet: 'value', longSide: 154, codec: 'int8' };
    expect(await create('deep', choice)).toMatchObject({ status: 200, body: choice });
    expect(await made('deep')).toMatchObject({ backbone: 'dinov2-small-focus', ...choice });
    expect(await create('plain', {})).toMatchObject({ status: 200 });
    const plain = await made('plain');
    expect(plain).toMatchObject({ backbone: 'dinov2-small-focus', facet: 'key' });
    expect(plain).not.toHaveProperty('layer');
    expect(plain).not.toHaveProperty('codec');
    const backbone = 'dinov2-small-focus';
    expect(prepared).toEqual([
      { backbone, ...choice },
      { backbone, facet: 'key' },
    ]);
  });

  test.each([
    [{ layer: 12 }, 404, 'layer 12; expected 0 to 11'],
    [{ layer: -1 }, 400, 'layer'],
    [{ facet: 'keys' }, 400, 'facet'],
    [{ codec: 'pca-0' }, 400, 'codec'],
    [{ longSide: 0 }, 400, 'longSide'],
    [{ backbone: 'resnet' }, 404, 'backbone resnet; expected'],
    [{ backbone: '../x' }, 400, 'backbone'],
  ])('%j is refused, in a campaign as in a run', async (choice, status, message) => {
    const run = await server.call('POST', '/api/datasets/pans/runs', {
      key: admin,
      body: { kind: 'extract', ...choice },
    });
    for (const answer of [await create('wrong', choice), run]) {
      expect([answer.status, answer.body.error]).toEqual([status, expect.stringContaining(message)]);
    }
  });

  test('backbones are listed with what is known of each', async () => {
    const { body } = await server.call('GET', '/api/backbones', { key: admin });
    expect(body[0]).toMatchObject({
      ...{ name: 'dinov2-small-focus', own: false, here: false, patch: 14, layers: 12, layer: null, facet: 'key' },
      ...{ licence: expect.stringContaining('MIT'), terms: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      found: null,
    });
  });
});

/** A store that is full refuses what would fill it further; what people draw goes on. */
import { storageQuotaKey, storageUsageKey, thumbnailKey } from '@saltworks/contract/layout';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

describeDatabases('the store’s quota', ({ open }) => {
  let server: TestServer;
  let world: World;
  beforeAll(async () => {
    server = await openServer(await open());
    world = await makeWorld(server);
  }, 60_000);
  afterAll(() => server?.close());
  afterEach(async () => {
    for (const key of [storageUsageKey, storageQuotaKey]) await server.deps.store.delete(key);
  });

  /** The store held so many bytes when it was counted last, of a quota of 1 TB. */
  const hold = async (bytes: number) => {
    const usage = { version: 1, counted: '2026-01-01T00:00:00.000Z', seconds: 1, objects: 1, bytes, parts: [] };
    await server.deps.store.put(storageUsageKey, JSON.stringify(usage));
    await server.deps.store.put(storageQuotaKey, JSON.stringify({ version: 1, bytes: 1e12 }));
  };
  const ask = (method: string, path: string, role: keyof World['keys'], body?: unknown) =>
    server.call(method, path, { key: world.keys[role], body });

  test('is told of at 80 %, to administrators and managers alone', async () => {
    await hold(8e11);
    const level = {
      level: 'warning',
      reason: expect.stringMatching(/^the store holds 800 GB, 80 % of its quota of 1 TB; /),
    };
    for (const role of ['manager', 'admin'] as const) {
      expect(await ask('GET', '/api/storage/level', role)).toMatchObject({ status: 200, body: level });
    }
    expect((await ask('GET', '/api/storage/level', 'reviewer')).status).toBe(403);
    expect((await ask('GET', '/api/storage', 'manager')).status).toBe(403);
    expect((await ask('GET', '/api/storage', 'admin')).body).toMatchObject({
      ...level,
      used: 8e11,
      quota: 1e12,
      parts: [],
    });
  });

  test('at 100 % refuses extraction, exports, re-labelling and bake-offs in one line, and takes strokes', async () => {
    await hold(1e12);
    const { dataset, subject, campaign, assignment } = world.ours;
    const refused = [
      [`/api/datasets/${dataset}/runs`, 'admin', { kind: 'extract' }],
      [`/api/datasets/${dataset}/exports`, 'manager', { format: 'coco-panoptic', recipe: 'best' }],
      [`/api/campaigns/${campaign}/exports`, 'manager', { format: 'coco-panoptic' }],
      [`/api/builds/${subject}/relabel`, 'manager', { backbone: 'dinov2-small-focus', layer: 9 }],
      [`/api/subjects/${subject}/bakeoffs`, 'manager', { variants: [{ layer: 9 }, { layer: 10 }] }],
    ] as const;
    for (const [path, role, body] of refused) {
      const { status, body: answer } = await ask('POST', path, role, body);
      expect([path, status, answer?.error]).toEqual([
        path,
        507,
        'the store holds 1 TB, 100 % of its quota of 1 TB; saltworks storage shows what may go, SALTWORKS_QUOTA sets the quota',
      ]);
    }
    const interaction = { kind: 'segment', segment: 7, category: 1 };
    const drawn = await ask('POST', `/api/assignments/${assignment}/interactions`, 'annotator', {
      ...{ client: 'a-window', interactions: [{ seq: 1, interaction }] },
    });
    expect(drawn.status).not.toBe(507);
  });

  test('sets of keys that may go are listed, and old views go, for administrators alone', async () => {
    await server.deps.store.put(thumbnailKey('ef'.repeat(32)), 'old');
    expect((await ask('POST', '/api/storage/expire', 'manager', {})).status).toBe(403);
    expect((await ask('POST', '/api/storage/expire', 'admin', { older: 0 })).body).toMatchObject({ next: null });
    expect(await server.deps.store.head(thumbnailKey('ef'.repeat(32)))).toBeUndefined();
  });
});

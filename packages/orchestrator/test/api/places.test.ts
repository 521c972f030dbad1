import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

describeDatabases('places', ({ open }) => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await openServer(await open(), { places: [{ name: 'photos', at: '/srv/photos' }] });
    key = await server.key('boss', 'admin');
  }, 60_000);
  afterAll(() => server?.close());

  const start = (body: object) =>
    server.call('POST', '/api/places/import', { key, body: { place: 'photos', dataset: 'pans', ...body } });
  const uploads = async () => (await server.call('GET', '/api/uploads?dataset=pans', { key })).body;

  test('are told to administrators alone', async () => {
    expect((await server.call('GET', '/api/places', { key })).body).toEqual([{ name: 'photos', at: '/srv/photos' }]);
    const other = await server.key('somebody');
    expect((await server.call('GET', '/api/places', { key: other })).status).toBe(403);
    const refused = await server.call('POST', '/api/places/import', {
      ...{ key: other, body: { place: 'photos', dataset: 'pans' } },
    });
    expect(refused.status).toBe(403);
  });

  test.each([
    ...['..', '../private', 'a/../../b', '/etc', 'a//b', 'a/', './a', 'a\\b', 'a\0b', 'a\nb', 'x'.repeat(1_001)],
    ...['%2e%2e/b\u0000', 1, null, ['a'], { a: 1 }],
  ])('%j is no path', async (path) => {
    expect((await start({ path })).status).toBe(400);
    expect(await uploads()).toEqual([]);
  });

  test('no other place, no bad name of a dataset', async () => {
    const missing = await start({ place: 'private' });
    expect([missing.status, missing.body.error]).toEqual([404, 'no place private; expected one of SALTWORKS_PLACES']);
    for (const body of [
      { place: '../photos' },
      { place: '' },
      { dataset: '../pans' },
      { labels: 'x' },
      { at: '/etc' },
    ]) {
      expect((await start(body)).status).toBe(400);
    }
    expect(await uploads()).toEqual([]);
  });

  test('an import is listed with where it reads, tried again, and dismissed', async () => {
    // Nothing answers for Temporal here.
    expect((await start({ path: 'may', labels: 'none' })).status).toBe(503);
    const [one] = await uploads();
    expect(one).toMatchObject({
      ...{ dataset: 'pans', state: 'failed', labels: 'none', from: { place: 'photos', path: 'may' }, files: 0 },
      reason: expect.stringContaining('Temporal'),
    });
    const { db } = server.deps;
    const again = () => server.call('POST', `/api/uploads/${one.id}/import`, { key, body: { labels: 'auto' } });
    await db.updateTable('upload').set({ state: 'done' }).where('id', '=', one.id).execute();
    expect((await again()).status).toBe(503);
    expect(await uploads()).toMatchObject([{ id: one.id, state: 'failed', labels: 'auto' }]);

    // The same that is under way is joined; another one is not.
    await db.updateTable('upload').set({ state: 'importing' }).where('id', '=', one.id).execute();
    await start({ path: 'may' });
    await start({ path: 'june' });
    expect((await uploads()).map(({ from }: { from: { path: string } }) => from.path)).toEqual(['june', 'may']);
    // An open upload stands beside it.
    const { body: open } = await server.call('POST', '/api/uploads', { key, body: { dataset: 'pans' } });
    expect(open).toMatchObject({ from: null, state: 'open' });
    for (const { id } of await uploads()) await server.call('DELETE', `/api/uploads/${id}`, { key });
    expect(await uploads()).toEqual([]);
    const log = (await server.call('GET', '/api/audit', { key })).body;
    const told = log.filter(({ action }: { action: string }) => action === 'dataset.import');
    expect(told.at(-1)).toMatchObject({ object: 'pans', detail: { place: 'photos', path: 'may', labels: 'none' } });
  });
});

import { uploadLimits } from '@saltworks/contract/api/uploads';
import { uploadManifestKey, uploadPartKey, uploadPrefix, uploadReportKey } from '@saltworks/contract/layout';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endUpload } from '../../dist/uploads/end.js';
import { forgetUploads } from '../../dist/uploads/forget.js';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

const png = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(92)]);

describeDatabases('uploads', ({ open }) => {
  let server: TestServer;
  let key: string;
  beforeAll(async () => {
    server = await openServer(await open());
    key = await server.key('boss', 'admin');
  }, 60_000);
  afterAll(() => server?.close());

  const begin = async (dataset: string): Promise<string> => {
    const { status, text, body } = await server.call('POST', '/api/uploads', { key, body: { dataset } });
    expect(status, text).toBe(200);
    return body.id;
  };
  const tell = async (id: string, ...files: { name: string; bytes: number; modified?: number }[]) => {
    const body = { files: files.map((file) => ({ modified: 5, ...file })) };
    const answer = await server.call('POST', `/api/uploads/${id}/files`, { key, body });
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const put = async (id: string, file: number, at: number, bytes: Uint8Array, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${server.url}/api/uploads/${id}/files/${file}?at=${at}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/octet-stream', ...headers },
      body: bytes,
    });
    return { status: answer.status, body: await answer.json() };
  };
  const state = async (id: string) => (await server.call('GET', `/api/uploads/${id}`, { key })).body;

  test('a file comes in parts, in order, each once; another try goes on where the first stopped', async () => {
    const id = await begin('parts');
    const bytes = Buffer.concat([png, Buffer.alloc(uploadLimits.part)]);
    const file = { name: 'big.png', bytes: bytes.length };
    expect(await tell(id, file)).toEqual([{ name: 'big.png', file: 0, received: 0, reason: null }]);
    expect(await put(id, 0, uploadLimits.part, bytes.subarray(uploadLimits.part))).toMatchObject({
      status: 409,
      body: { error: `a part from ${uploadLimits.part} on; expected one from 0 on` },
    });
    const first = bytes.subarray(0, uploadLimits.part);
    expect((await put(id, 0, 0, first)).body).toMatchObject({ received: uploadLimits.part, reason: null });
    // Its answer was lost.
    expect((await put(id, 0, 0, first)).body).toMatchObject({ received: uploadLimits.part });
    expect(await state(id)).toMatchObject({ files: 1, whole: 0, bytes: bytes.length, received: uploadLimits.part });

    // After a reload.
    expect(await begin('parts')).toBe(id);
    const [{ received }] = await tell(id, file);
    expect((await put(id, 0, received, bytes.subarray(received))).body).toMatchObject({ received: bytes.length });
    expect(await state(id)).toMatchObject({ whole: 1, received: bytes.length });
    expect((await server.deps.store.head(uploadPartKey(id, 0, 1)))?.size).toBe(png.length);
    // It changed on its owner's disk.
    expect(await tell(id, { ...file, modified: 6 })).toMatchObject([{ file: 0, received: 0 }]);
  });

  test('files are refused one by one, in one line each', async () => {
    const id = await begin('refused');
    const answers = await tell(
      id,
      { name: 'a.png', bytes: 100 },
      { name: 'A.PNG', bytes: 100 },
      { name: '../b.png', bytes: 100 },
      { name: 'c.exe', bytes: 100 },
      { name: 'd.png', bytes: 0 },
      { name: 'e.png', bytes: uploadLimits.file + 1 },
      { name: 'f.png', bytes: 100 },
    );
    expect(answers.map(({ file, reason }: { file: number | null; reason: string | null }) => [file, reason])).toEqual([
      [0, null],
      [null, expect.stringMatching(/^its name is that of a\.png/)],
      [null, expect.stringMatching(/^its path leads elsewhere/)],
      [null, expect.stringMatching(/^neither a picture/)],
      [null, 'the file is empty'],
      [null, expect.stringMatching(/expected at most 1\.1/)],
      [1, null],
    ]);
    // By its bytes it is no picture.
    const refused = { file: null, received: 0, reason: expect.stringContaining('something else than its name says') };
    expect((await put(id, 1, 0, Buffer.alloc(100, 'x'))).body).toMatchObject(refused);
    expect(await tell(id, { name: 'f.png', bytes: 100 })).toMatchObject([refused]);
    expect(await server.deps.store.head(uploadPartKey(id, 1, 0))).toBeUndefined();
    expect(await state(id)).toMatchObject({ files: 1, whole: 0 });
  });

  test('a part of another length, another type or of no file is refused, and leaves nothing', async () => {
    const id = await begin('lengths');
    await tell(id, { name: 'a.png', bytes: 100 });
    expect(await put(id, 0, 0, png.subarray(0, 50))).toMatchObject({
      status: 409,
      body: { error: 'a part of 50 bytes; expected 100' },
    });
    expect(await put(id, 0, 0, Buffer.concat([png, png]))).toMatchObject({ status: 409 });
    expect(await put(id, 0, 0, png, { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
    expect(await put(id, 7, 0, png)).toMatchObject({ status: 404 });
    expect(await put('none', 0, 0, png)).toMatchObject({ status: 404 });
    const long = await server.call('PUT', `/api/uploads/${id}/files/0?at=0`, {
      ...{ key, body: 'x'.repeat(uploadLimits.part + 1) },
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect([409, 413]).toContain(long.status);
    expect(await server.deps.store.head(uploadPartKey(id, 0, 0))).toBeUndefined();
  });

  test('an import takes what is here whole; one that failed is tried again', async () => {
    const id = await begin('imported');
    const start = () => server.call('POST', `/api/uploads/${id}/import`, { key, body: { labels: 'auto' } });
    await tell(id, { name: 'a.png', bytes: 100 }, { name: 'b.png', bytes: 100 });
    expect(await start()).toMatchObject({
      status: 409,
      body: { error: 'no file is here whole; expected one or more' },
    });
    await put(id, 0, 0, png);
    // Nothing answers for Temporal here.
    expect((await start()).status).toBe(503);
    const manifest = JSON.parse(new TextDecoder().decode(await server.deps.store.get(uploadManifestKey(id))));
    expect(manifest.files).toEqual([{ file: 0, name: 'a.png', bytes: 100, modified: 5 }]);
    expect(await state(id)).toMatchObject({ state: 'failed', reason: expect.stringContaining('Temporal') });
    expect(await put(id, 1, 0, png)).toMatchObject({ status: 409 });

    const { db } = server.deps;
    await db.updateTable('upload').set({ state: 'importing' }).where('id', '=', id).execute();
    const report = {
      ...{ version: 1, step: 'done', files: 1, added: 1, unchanged: 0, duplicates: 0, replaced: 0, left: 0, truths: 0 },
      ...{ labels: null, failures: [{ name: 'c.png', reason: 'torn' }], failed: 1, notes: [], noted: 0 },
    };
    await server.deps.store.put(uploadReportKey(id), JSON.stringify(report));
    await endUpload(db, { upload: id, state: 'done', reason: null });
    const { version: _, ...told } = report;
    expect(await state(id)).toMatchObject({ state: 'done', reason: null, report: told });
    expect((await start()).body.error).toMatch(/imported already/);
    // A second word about it changes nothing.
    await endUpload(db, { upload: id, state: 'failed', reason: 'late' });
    expect((await state(id)).state).toBe('done');
    const log = (await server.call('GET', '/api/audit', { key })).body;
    expect(log[0]).toMatchObject({
      action: 'dataset.upload',
      object: 'imported',
      detail: { files: 1, labels: 'auto' },
    });
  });

  test('one that is removed or forgotten leaves nothing', async () => {
    const { db, store } = server.deps;
    const keysOf = async (id: string) => {
      const keys: string[] = [];
      for await (const { key } of store.list(uploadPrefix(id))) keys.push(key);
      return keys;
    };
    const [removed, old] = [await begin('removed'), await begin('old')];
    for (const id of [removed, old]) {
      await tell(id, { name: 'a.png', bytes: 100 });
      await put(id, 0, 0, png);
      expect(await keysOf(id)).toHaveLength(1);
    }
    expect((await server.call('DELETE', `/api/uploads/${removed}`, { key })).status).toBe(200);
    await forgetUploads(db, store);
    expect(await keysOf(old)).toHaveLength(1);
    await db
      .updateTable('upload')
      .set({ touched: new Date(0) })
      .where('id', '=', old)
      .execute();
    await forgetUploads(db, store);
    for (const id of [removed, old]) {
      expect(await keysOf(id)).toEqual([]);
      expect((await server.call('GET', `/api/uploads/${id}`, { key })).status).toBe(404);
    }
    const { body } = await server.call('GET', '/api/uploads?dataset=old', { key });
    expect(body).toEqual([]);
    expect(server.logged.filter((line) => !line.includes('/import'))).toEqual([]);
  });
});

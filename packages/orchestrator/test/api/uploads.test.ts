import { partBytes } from '@saltworks/contract/api/uploads';
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
    const bytes = Buffer.concat([png, Buffer.alloc(partBytes)]);
    const file = { name: 'big.png', bytes: bytes.length };
    expect(await tell(id, file)).toEqual([{ name: 'big.png', file: 0, received: 0, reason: null }]);
    expect(await put(id, 0, partBytes, bytes.subarray(partBytes))).toMatchObject({
      status: 409,
      body: { error: `a part from ${partBytes} on; expected one from 0 on` },
    });
    const first = bytes.subarray(0, partBytes);
    expect((await put(id, 0, 0, first)).body).toMatchObject({ received: partBytes, reason: null });
    // Its answer was lost.
    expect((await put(id, 0, 0, first)).body).toMatchObject({ received: partBytes });
    expect(await state(id)).toMatchObject({ files: 1, whole: 0, bytes: bytes.length, received: partBytes });

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
      { name: 'e.png', bytes: 2 ** 30 + 1 },
      { name: 'f.png', bytes: 100 },
    );
    expect(answers.map(({ file, reason }: { file: number | null; reason: string | null }) => [file, reason])).toEqual([
      [0, null],
      [null, expect.stringMatching(/^its name is that of a\.png/)],
      [null, expect.stringMatching(/^its path leads elsewhere/)],
      [null, expect.stringMatching(/^neither a picture/)],
      [null, 'the file is empty'],
      [null, '1073741825 bytes; expected at most 1073741824 (SALTWORKS_UPLOAD_FILE_BYTES)'],
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
      ...{ key, body: 'x'.repeat(partBytes + 1) },
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect([409, 413]).toContain(long.status);
    expect(await server.deps.store.head(uploadPartKey(id, 0, 0))).toBeUndefined();
  });

  test('the limits are settings: the page asks for them, and refusals name them', async () => {
    const limits = { file: 200, zip: 500, bytes: 600, files: 4 };
    const database = await open();
    const tight = await openServer(database, { uploadLimits: limits });
    try {
      const admin = await tight.key('boss', 'admin');
      expect((await tight.call('GET', '/api/upload-limits', { key: admin })).body).toEqual(limits);
      const member = await tight.key('ann');
      expect((await tight.call('GET', '/api/upload-limits', { key: member })).status).toBe(403);
      const { body: upload } = await tight.call('POST', '/api/uploads', { key: admin, body: { dataset: 'tight' } });
      const files = Object.entries({ a: 200, b: 201, c: 100, d: 400, e: 100, f: 100, g: 1 }).map(([name, bytes]) => ({
        ...{ name: name === 'd' ? 'd.zip' : `${name}.png`, bytes, modified: 5 },
      }));
      const { body } = await tight.call('POST', `/api/uploads/${upload.id}/files`, { key: admin, body: { files } });
      expect(body.map(({ reason }: { reason: string | null }) => reason)).toEqual([
        null,
        '201 bytes; expected at most 200 (SALTWORKS_UPLOAD_FILE_BYTES)',
        null,
        'with it the upload has 700 bytes; expected at most 600 (SALTWORKS_UPLOAD_BYTES)',
        null,
        null,
        'with it the upload has 5 files; expected at most 4 (SALTWORKS_UPLOAD_FILES)',
      ]);
    } finally {
      await tight.close();
    }
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

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addBackbone } from '@saltworks/backbone/registry/add';
import { pullBackbone } from '@saltworks/backbone/registry/pull';
import { findEntry } from '@saltworks/backbone/registry/registry';
import { s3Store } from '@saltworks/store/objects/s3/s3-store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tinyVit } from '../../backbone/test/tiny-vit.ts';
import { findS3, type S3Server, startS3 } from '../../store/test/objects/server.ts';
import { fetchingOf } from '../src/fetching.ts';
import { readSettings } from '../src/settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-fetching-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('without settings there is no mirror, and the store is that of the home', () => {
  const { mirror, accepted, store } = fetchingOf(readSettings({ SALTWORKS_HOME: folder }));
  expect({ mirror, accepted, store: typeof store.get }).toEqual({ mirror: undefined, accepted: [], store: 'function' });
});

test('an unusable mirror is refused in one line', () => {
  const settings = readSettings({ SALTWORKS_HOME: folder, SALTWORKS_MODELS: 'ftp://there' });
  expect(() => fetchingOf(settings)).toThrow(/^mirror ftp:\/\/there; expected s3:\/\/bucket\/prefix, https:/);
});

test('a folder store gives an added backbone to another home', async () => {
  const env = { SALTWORKS_HOME: join(folder, 'one'), SALTWORKS_STORE: join(folder, 'objects') };
  writeFileSync(join(folder, 'mine.onnx'), tinyVit());
  await addBackbone('mine', join(folder, 'mine.onnx'), {}, { ...fetchingOf(readSettings(env)), to: 'store' });
  const there = fetchingOf(readSettings({ ...env, SALTWORKS_HOME: join(folder, 'other') }));
  expect(await findEntry('mine', there)).toMatchObject({ name: 'mine', where: 'store' });
  expect(readFileSync(await pullBackbone('mine', there)).equals(tinyVit())).toBe(true);
});

const available = findS3();
describe.skipIf(!available)('on an S3 server', () => {
  let server: S3Server;
  let env: Record<string, string>;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    env = {
      SALTWORKS_HOME: join(folder, 'home'),
      SALTWORKS_STORE: `s3://${server.bucket}/objects`,
      SALTWORKS_MODELS: `s3://${server.bucket}/models`,
      SALTWORKS_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    };
  });

  test('a mirror gives a known backbone, and the store keeps its hash', async () => {
    const bucket = s3Store({ ...server, credentials: server });
    await bucket.put('models/vit-b16.onnx', tinyVit());
    const path = await pullBackbone('vit-b16', fetchingOf(readSettings(env)));
    expect(readFileSync(path).equals(tinyVit())).toBe(true);
    await bucket.put('models/vit-b16.onnx', Buffer.concat([tinyVit(), Buffer.from([0x32, 1, 0x78])]));
    const other = fetchingOf(readSettings({ ...env, SALTWORKS_HOME: join(folder, 'other') }));
    await expect(pullBackbone('vit-b16', other)).rejects.toThrow(/^vit-b16 has sha256 .*; expected /);
    await expect(pullBackbone('vit-l16', other)).rejects.toThrow(
      `no object vit-l16.onnx in s3://${server.bucket}/models, of the mirror s3://${server.bucket}/models`,
    );
  });

  test('an added backbone goes there and comes back', async () => {
    writeFileSync(join(folder, 'mine.onnx'), tinyVit());
    await addBackbone('mine', join(folder, 'mine.onnx'), {}, { ...fetchingOf(readSettings(env)), to: 'store' });
    const other = fetchingOf(readSettings({ ...env, SALTWORKS_HOME: join(folder, 'other') }));
    expect(readFileSync(await pullBackbone('mine', other)).equals(tinyVit())).toBe(true);
  });
});

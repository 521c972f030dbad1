import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { s3Store } from '@saltworks/store/objects/s3/s3-store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ignoreConditions, startFaultProxy } from '../packages/store/test/objects/faults.ts';
import { findS3, type S3Server, startS3 } from '../packages/store/test/objects/server.ts';
import { pictureFolder } from './pictures.ts';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-s3-'));
const here = findS3() !== undefined;
let server: S3Server;
let env: Record<string, string>;

beforeAll(async () => {
  if (!here) return;
  server = await startS3();
  const home = join(scratch, 'home');
  mkdirSync(home);
  const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
  for (const part of ['models', 'tools']) symlinkSync(join(shared, part), join(home, part));
  env = {
    SALTWORKS_HOME: home,
    SALTWORKS_STORE: `s3://${server.bucket}/objects`,
    SALTWORKS_S3_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!);

describe.skipIf(!here)('the engine on a real S3 server', () => {
  test('a prefix is imported in place, extracted, and imported again incrementally', async () => {
    const { images } = await pictureFolder(join(scratch, 'source'), 12);
    const bucket = s3Store({ ...server, credentials: server });
    for (let i = 0; i < 11; i++) {
      const name = `disc-${String(i).padStart(4, '0')}.png`;
      await bucket.put(`photos/2026/${name}`, readFileSync(join(images, name)));
    }
    const run = () =>
      saltworks(
        [
          'dataset',
          'import',
          `s3://${server.bucket}/photos`,
          '--name',
          'far',
          '--scribbles',
          join(scratch, 'nested'),
          '--json',
        ],
        { env },
      );
    mkdirSync(join(scratch, 'nested'));
    symlinkSync(join(scratch, 'source/scribbles'), join(scratch, 'nested/2026'));
    const first = await run();
    expect(first.status, first.stderr).toBe(0);
    expect(last(first.stdout)).toMatchObject({ images: 11, added: 11, scribbles: 11 });
    await bucket.put('photos/2026/disc-0011.png', readFileSync(join(images, 'disc-0011.png')));
    expect(last((await run()).stdout)).toMatchObject({ images: 12, added: 1, unchanged: 11, scribbles: 12 });
  });

  test('keys, masks and exports go through the bucket', async () => {
    for (const [args, expected] of [
      [['extract', 'far'], { images: 12, done: 12, failed: 0 }],
      [['extract', 'far'], { images: 12, done: 0, cached: 12 }],
      [['propagate', 'far'], { images: 12, done: 12, failed: 0 }],
      [
        ['dataset', 'export', 'far', '--format', 'coco-panoptic', '--out', join(scratch, 'out')],
        { images: 12, failed: 0 },
      ],
    ] as [string[], object][]) {
      const run = await saltworks([...args, '--long-side', '154', '--json'], { env });
      expect(run.status, run.stderr).toBe(0);
      expect(last(run.stdout), args.join(' ')).toMatchObject(expected);
    }
    const { images } = JSON.parse(readFileSync(join(scratch, 'out/panoptic.json'), 'utf8'));
    expect(images.map(({ file_name }: { file_name: string }) => file_name)).toContain('2026/disc-0011.png');
  });

  test('wrong credentials are refused in one line with exit code 2, without the secret', async () => {
    const { status, stderr } = await saltworks(['dataset', 'ls'], {
      env: { ...env, AWS_SECRET_ACCESS_KEY: 'not-the-secret-at-all' },
    });
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('not-the-secret');
  });

  test('commands that write refuse a server that ignores If-None-Match, in one line', async () => {
    const proxy = await startFaultProxy(server.endpoint);
    const direct = s3Store({ ...server, credentials: server });
    ignoreConditions(proxy, (key, body) => direct.put(key, body));
    const here = { ...env, SALTWORKS_S3_ENDPOINT: proxy.endpoint };
    const run = (...args: string[]) => saltworks(args, { env: here });
    // Otherwise each of two concurrent commands would report the same images as new.
    for (const { status, stderr } of await Promise.all([
      run('dataset', 'import', join(scratch, 'source/images'), '--name', 'twice'),
      run('dataset', 'import', join(scratch, 'source/images'), '--name', 'twice'),
    ])) {
      expect(stderr.trim().split('\n')).toEqual([
        expect.stringMatching(
          /^saltworks: s3:.* ignores If-None-Match: .*; expected a server that refuses it with 412$/,
        ),
      ]);
      expect(status).toBe(2);
    }
    const { stdout } = await run('dataset', 'ls');
    expect(stdout).not.toContain('twice');
    await proxy.stop();
  });
});

// The home of the release before under today's code: opened, backed up while somebody draws, and restored elsewhere.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityKey, keepingOf, storageQuotaKey } from '@saltworks/contract/layout';
import { dumpLines } from '@saltworks/orchestrator/backups/dump';
import { openUnchanged } from '@saltworks/orchestrator/db/open';
import { readBackup } from '@saltworks/store/backups/manifests';
import { partLines } from '@saltworks/store/backups/parts';
import { openStore, type S3Access } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, startStack } from '../bench/stack.mjs';
import { runSql } from '../packages/orchestrator/test/databases.ts';
import { findPostgres, type PostgresServer, startPostgres } from '../packages/orchestrator/test/postgres.ts';
import { findS3, type S3Server, startS3 } from '../packages/store/test/objects/server.ts';
import { databaseSql, facts, sha256, writeObjects } from '../test/release-before/home.ts';
import { type Annotator, signIn } from './annotator.ts';
import type { Stack } from './drawn-campaign.ts';
import { objectsOf } from './objects.ts';
import { saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-backup-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const known = facts();

async function objects(store: ObjectStore): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of store.list('')) found.set(key, sha256(await store.get(key)));
  return found;
}

const filesIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), sha256(readFileSync(path))]),
  );

/** Runs a command on a home. @returns the JSON of its last line */
async function run<T>(env: Record<string, string>, ...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await saltworks([...args, '--json'], { env });
  expect(status, `${args.join(' ')}: ${stderr}${stdout}`).toBe(0);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Rows of a dump; a restore has notices that wait sent anew, and notes the backup that it is of. */
const rowsIn = (lines: readonly string[]) =>
  lines
    .slice(0, lines.findIndex((line) => line.startsWith('["end"')) + 1)
    .filter((line) => line.startsWith('{') && !line.includes('"manifest":'))
    .map((line) => line.replace(/"sent": (true|false)/, '"sent": …'));

/** Rows of a database that no process has open. */
async function rowsOf(url: string): Promise<string[]> {
  const { db, close } = await openUnchanged(url);
  const lines: string[] = [];
  for await (const line of dumpLines(db)) lines.push(line);
  await close();
  return rowsIn(lines);
}

describe.skipIf(!findPostgres() || !findS3())('the home of the release before', () => {
  const home = join(scratch, 'home');
  const backups = join(scratch, 'backups');
  const here = { SALTWORKS_HOME: home };
  let postgres: PostgresServer;
  let s3: S3Server;
  let stack: Stack | undefined;
  let ann: Annotator;

  beforeAll(async () => {
    [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
    mkdirSync(home, { mode: 0o700 });
    writeObjects(join(home, 'objects'));
    writeFileSync(join(home, 'secret'), known.secret, { mode: 0o600 });
    const { db, close } = await openUnchanged(join(home, 'database'));
    await runSql(db, databaseSql());
    await close();
    stack = await startStack({ ...here, SALTWORKS_QUOTA: '1TB' });
  });
  afterAll(async () => {
    await stack?.stop();
    await s3?.stop();
    await postgres?.stop();
  });

  /** The same strokes, the same audit trail, the same key of an account. */
  async function isAsBefore(): Promise<void> {
    const { admin, url } = stack!;
    for (const [id, strokes] of Object.entries(known.strokes)) {
      expect(await admin('GET', `/api/assignments/${id}/interactions`)).toEqual(strokes);
    }
    const trail = (await admin('GET', '/api/audit?limit=200')) as { n: number; hash: string }[];
    expect(trail.find(({ n }) => n === known.audit.entries)?.hash).toBe(known.audit.head);
    expect(await admin('GET', '/api/audit/verify')).not.toHaveProperty('broken');
    const answer = await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${known.administrator}` } });
    expect(answer.status).toBe(200);
    const [schedule] = (await admin('GET', '/api/schedules')) as { id: string }[];
    expect(schedule.id).toBe('nightly');
  }

  /** The moment of the newest backup, as the server tells Prometheus. */
  async function lastBackup(): Promise<number | undefined> {
    const text = await (await fetch(`${stack!.url}/metrics`)).text();
    const [, seconds] = /^saltworks_backup_last_success_timestamp_seconds (\S+)$/m.exec(text) ?? [];
    return seconds === undefined ? undefined : Number(seconds);
  }

  /** Computes keys and masks, and compares every one, and the exports, with those of the release before. */
  async function isMadeAgain(env: Record<string, string>, made: () => Promise<Map<string, string>>): Promise<void> {
    stack!.run('extract', 'plates', '--backbone', 'tiny');
    stack!.run('propagate', 'plates', '--backbone', 'tiny');
    // What the campaign draws on, since a build was shown.
    stack!.run('extract', 'plates', '--backbone', 'tiny', '--layer', '0');
    const found = await made();
    for (const [key, hash] of Object.entries(known.objects)) {
      if (/^(keys\/tiny\/|masks\/.*\.png$)/.test(key)) expect([key, found.get(key)]).toEqual([key, hash]);
    }
    for (const [kind, args] of Object.entries({
      dataset: ['dataset', 'export', 'plates', '--backbone', 'tiny'],
      campaign: ['campaign', 'export', 'plates'],
    })) {
      const out = mkdtempSync(join(scratch, `${kind}-`));
      await run(env, ...args, '--format', 'coco-panoptic', '--out', out);
      // The build of what was drawn is named by the settings of `best`, which are others today; classes have versions since.
      const document = join(out, 'panoptic.json');
      const text = readFileSync(document, 'utf8');
      const before = text.replace(/"build":"[0-9a-f]{16}"/, '"build":"c4aad1a3002b6a6a"').replace(/,"schema":\d+/, '');
      writeFileSync(document, before);
      expect(filesIn(out)).toEqual(known.exports[kind as keyof typeof known.exports]);
    }
  }

  test('opens as it was', isAsBefore);

  test('gives the same keys, masks and exports', async () => {
    const prefixes = ['keys', 'masks'];
    await isMadeAgain(here, async () => objectsOf(join(home, 'objects'), prefixes));
  });

  test('is backed up while somebody draws; every stroke that was acknowledged before is in it', async () => {
    ann = await signIn((await invite(stack!, 'plates', 'zoe', 'annotator')).link);
    const { id } = await ann.ask<{ id: string }>('POST', '/api/campaigns/plates/next', {});
    await ann.send(id, [{ kind: 'segment', id: 1, category: 1 }]);
    let acknowledged = 1;
    let drawing = true;
    const writer = (async () => {
      while (drawing) {
        const shift = acknowledged % 15;
        // On the disc and beside it, in turns.
        const points: [number, number][] =
          acknowledged % 2
            ? [
                [45 + shift, 45],
                [60, 52],
              ]
            : [
                [148, 6],
                [148, 90 + shift],
              ];
        await ann.send(id, [{ kind: 'stroke', segment: acknowledged % 2, points, radius: 3 }]);
        acknowledged++;
      }
    })();
    await expect.poll(() => acknowledged).toBeGreaterThan(5);
    expect(await lastBackup()).toBeUndefined();
    const before = acknowledged;
    const made = await run<{ at: string; rows: number; absent: number; sha256: string }>(
      here,
      ...['backup', 'create', backups],
    );
    drawing = false;
    await writer;
    expect(made.absent).toBe(0);
    expect(await run(here, 'backup', 'verify', backups, '--sha256', made.sha256)).toMatchObject({ rows: made.rows });
    const noted = (await stack!.admin('GET', '/api/backups')) as { manifest: string; place: string }[];
    expect(noted).toMatchObject([{ manifest: made.sha256, place: backups }]);
    expect(await lastBackup()).toBe(Date.parse(made.at) / 1000);

    // Into an empty home: what it holds is whole.
    const restored = join(scratch, 'restored');
    await run({ SALTWORKS_HOME: restored }, 'backup', 'restore', backups);
    const { db, close } = await openUnchanged(join(restored, 'database'));
    const { n } = await db.selectFrom('assignment').select('n').where('id', '=', id).executeTakeFirstOrThrow();
    const log = await db.selectFrom('interaction').select('n').where('assignment', '=', id).execute();
    expect(JSON.parse(readFileSync(join(restored, 'objects', storageQuotaKey), 'utf8'))).toMatchObject({ bytes: 1e12 });
    expect(log.length).toBe(n);
    expect(n).toBeGreaterThanOrEqual(before);
    await close();
    const again = await saltworks(['backup', 'restore', backups], { env: { SALTWORKS_HOME: restored } });
    expect(again).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^saltworks: .*expected an empty one.*\n$/),
    });
    const log2 = (await stack!.admin('GET', `/api/assignments/${id}/interactions`)) as unknown[];
    expect(log2.length).toBe(acknowledged);
  });

  test('goes to a bucket, and from there into PostgreSQL and another bucket: row by row, object by object', async () => {
    const access: S3Access = {
      ...{ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
    };
    const credentials = {
      ...{ SALTWORKS_S3_ENDPOINT: s3.endpoint, SALTWORKS_S3_REGION: 'us-east-1', SALTWORKS_S3_FORCE_PATH_STYLE: '1' },
      ...{ AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey },
    };
    const place = `s3://${s3.bucket}/backups`;
    // Nothing is drawn now; the answers to what was drawn arrive.
    await expect
      .poll(async () => {
        const all = (await stack!.admin('GET', '/api/campaigns/plates/assignments?state=leased')) as {
          n: number;
          refined: number;
        }[];
        return all.every(({ n, refined }) => n === refined);
      })
      .toBe(true);
    const args = ['backup', 'create', place, '--with-masks'];
    const made = await run<{ id: string; at: string }>({ ...here, ...credentials }, ...args);
    expect(await lastBackup()).toBe(Date.parse(made.at) / 1000);
    const source = await objects(openStore(join(home, 'objects'), () => ({})));

    await postgres.run('create database restored');
    const there = {
      ...credentials,
      SALTWORKS_HOME: join(scratch, 'there'),
      SALTWORKS_STORE: `s3://${s3.bucket}/store`,
      SALTWORKS_DATABASE: postgres.url('restored'),
    };
    await run(there, 'backup', 'restore', place, '--backup', made.id);
    const found = await objects(openStore(there.SALTWORKS_STORE, () => access));
    const held = new Set(['kept', 'changing', 'masks']);
    const wanted = [...source].filter(([key]) => held.has(keepingOf(key) ?? '') && key !== identityKey);
    expect([...found].filter(([key]) => key !== identityKey)).toEqual(wanted.sort(([a], [b]) => (a < b ? -1 : 1)));
    const from = openStore(place, () => access);
    const { manifest } = await readBackup(from, made.id);
    const rows: string[] = [];
    for await (const line of partLines(from, manifest.database.parts, 'the database')) rows.push(line);
    expect(await rowsOf(there.SALTWORKS_DATABASE)).toEqual(rowsIn(rows));

    await stack!.stop();
    stack = await startStack(there);
    await isAsBefore();
    await isMadeAgain(there, () => objects(openStore(there.SALTWORKS_STORE, () => access)));
    const { same } = await run<{ same: boolean }>(there, 'build', 'rebuild', 'plates', known.build);
    expect(same).toBe(true);
  });
});

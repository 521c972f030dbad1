/** Annotators who draw while their campaign is switched to a build of other keys, and back: over HTTP, with a real worker. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import { drawingKey, extractReportKey, keysId, keysKey, maskKey, strokesKey } from '@saltworks/contract/layout';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { readBuild, writeBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { maskId, maskOf } from '@saltworks/store/builds/mask-names';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { readShard } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { recipeOf } from '@saltworks/worker/propagate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../dist/api/auth.js';
import { promoteBuild, rollBack } from '../../dist/builds/promote.js';
import { recordBuild } from '../../dist/builds/record.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import { putMask } from '../builds/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openKeyless } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const [width, height] = [48, 32];
const [h, w] = [4, 6];
const subject = { kind: 'campaign', name: 'salt' } as const;
const folder = mkdtempSync(join(tmpdir(), 'saltworks-switch-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 50_000, interval: 50 };
const former = { backbone, facet: 'key' } as const;
const newer = { ...former, layer: 9 };

let deployment: Deployment;
const users: Record<string, string> = {};

/** Grey images; keys of the last layer tell left from right, those of layer 9 above from below. */
async function importPictures(count: number): Promise<void> {
  async function* source() {
    for (let i = 0; i < count; i++) {
      const bytes = await encodePng(new Uint8Array(3 * width * height).fill(90 + i), { width, height, channels: 3 });
      yield { name: `${i}.png`, version: '1', read: async () => bytes };
    }
  }
  await importDataset(store, 'pans', source(), { source: 'test' });
  const sides = {
    [keysId(backbone, former)]: (node: number) => node % w < w / 2,
    [keysId(backbone, newer)]: (node: number) => node < (h * w) / 2,
  };
  for (const [set, first] of Object.entries(sides)) {
    const data = Float32Array.from({ length: h * w * 2 }, (_, i) => (i % 2 === 1 ? 0.5 : first(i >> 1) ? 1 : -1));
    for (const { sha256 } of await readShard(store, 'pans', 0)) {
      const origin = { backbone, layer: 9, facet: 'key', image: { width, height }, imageSha256: sha256 } as const;
      await store.put(keysKey(set, sha256), encodeKeys({ data, h, w, d: 2 }, origin));
    }
    await store.put(extractReportKey('pans', set, 0), JSON.stringify({ images: count, failures: [] }));
  }
}

beforeAll(async () => {
  await importPictures(6);
  deployment = await openKeyless({
    store,
    folder,
    maskThreads,
    roles: ['annotate', 'propagate'],
    concurrency: { annotate: 4 },
  });
  const { server } = deployment;
  const { db } = server.database;
  users.admin = await server.adminKey('test');
  const categories = [{ id: 1, name: 'pan', colour: '#00ff00', isthing: true }];
  await json('admin', 'POST', '/campaigns', { id: 'salt', name: 'Salt', dataset: 'pans', categories });
  for (const user of ['ann', 'bob', 'eve']) {
    users[user] = (await createApiKey(db, { user: await makeUser(db, user), name: 'test' })).key;
    await json('admin', 'PUT', `/campaigns/salt/members/${user}`, { role: 'annotator' });
  }
}, 120_000);

afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const call = (user: string, method: string, path: string, body?: unknown) =>
  fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${users[user]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

async function json(...given: Parameters<typeof call>) {
  const answer = await call(...given);
  const text = await answer.text();
  expect(answer.status, `${given[1]} ${given[2]}: ${text}`).toBe(200);
  return JSON.parse(text);
}

/** An annotator with an image. */
async function take(user: string) {
  const { id } = await json(user, 'POST', '/campaigns/salt/next');
  const at = `/assignments/${id}`;
  const client = randomUUID();
  let seq = 0;
  let sent = (await json(user, 'GET', at)).n;
  const draw = async (...interactions: unknown[]) => {
    const news = interactions.map((interaction) => ({ seq: ++seq, interaction }));
    sent += news.length;
    expect((await json(user, 'POST', `${at}/interactions`, { client, interactions: news })).n).toBe(sent);
  };
  return {
    id,
    open: () => json(user, 'GET', at),
    keys: async () => Buffer.from(await (await call(user, 'GET', `${at}/keys`)).arrayBuffer()),
    /** A thing at the upper left, and background at the lower right, as near to one corner as to the other: keys decide. */
    begin: () => draw({ kind: 'segment', id: 5, category: 1 }, dot(5, 20, 10), dot(0, 28, 22)),
    dot: (segment: number, x: number, y: number) => draw(dot(segment, x, y)),
    /** Everything that was acknowledged is there. */
    expectAll: async () => {
      const log = await json(user, 'GET', `${at}/interactions`);
      expect(log.map(({ n }: { n: number }) => n)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
    },
    submit: (): Promise<{ n: number; mask: string }> => json(user, 'POST', `${at}/submit`),
  };
}
type Work = Awaited<ReturnType<typeof take>>;
const dot = (segment: number, x: number, y: number) => ({ kind: 'stroke', segment, points: [[x, y]], radius: 2 });

/** The label that the server gives the upper right corner once it has answered all of a drawing. */
async function corner({ id, open }: Work): Promise<number> {
  await expect.poll(async () => ((now) => now.answered === now.n)(await open()), patient).toBe(true);
  const rows = await deployment.server.database.db
    .selectFrom('event')
    .select('body')
    .where('assignment', '=', id)
    .where('kind', '=', 'patch')
    .orderBy('n', 'desc')
    .limit(1)
    .execute();
  const patch = rows[0].body as Parameters<typeof decodeRuns>[0] & { labels: number[]; n: number };
  expect(patch.n).toBe((await open()).n);
  const labels = [...decodeRuns(patch)].map((label) => patch.labels[label]);
  return labels[2 * w - 1];
}
/** As each set of keys has it: the thing is on the left, or above. */
const byFormer = 0;
const byNewer = 5;

/** The mask is the one that a run would make of the drawing with these settings. */
async function expectMask({ id }: Work, mask: string, n: number, extract: { backbone: string; facet: 'key' }) {
  const settings = recipeOf({ extract, preset: 'best', solve: {} });
  const { image } = await json('admin', 'GET', `/assignments/${id}`);
  const drawing = await store.get(drawingKey(id, n));
  expect(mask).toBe(maskId(image.sha256, sha256Of(drawing), settings.recipe));
  const document = await readDocument(store, maskKey(mask, '.json'), maskDocument);
  expect(document?.parameters?.backbone).toBe(keysId(backbone, extract));
}

test('strokes, labels and masks are those of the settings that each image says, through a promotion and a rollback', async () => {
  const { db } = deployment.server.database;
  const deps = { db, store, recipeOf: async (given: Parameters<typeof recipeOf>[0]) => recipeOf(given) };
  await expect.poll(async () => (await json('ann', 'GET', '/campaigns/salt/progress')).tasks, patient).toBe(6);
  const done = await take('eve');
  expect(await done.open()).toMatchObject({ build: null, newer: null, keys: { id: backbone, backbone } });
  await done.begin();
  const handed = await done.submit();
  await expectMask(done, handed.mask, handed.n, former);

  const first = (await takeSnapshot(deps, { subject, by: 'eve' })).shown as string;
  const shown = await readBuild(store, subject, first);
  const { recipe, options } = recipeOf({ extract: newer, preset: 'best', solve: {} });
  const lines = (await readBuildLines(store, shown.lines[0])).map((line) => ({
    ...line,
    mask: maskOf(line, { recipe }) as string,
  }));
  for (const { mask } of lines) await putMask(store, mask, keysId(backbone, newer), options);
  const settings = [{ ...shown.settings[0], extract: newer, recipe, options }];
  const other = await writeBuild(store, { subject, dataset: 'pans', settings }, [lines]);
  await putBuildReport(store, other, 0, await reportOf(store, lines));
  await recordBuild(db, other, { base: first, why: 're-labelled', by: 'eve', state: 'made' });

  const ann = await take('ann');
  await ann.begin();
  expect(await corner(ann)).toBe(byFormer);
  expect(await ann.open()).toMatchObject({ build: { id: first }, newer: null });

  await Promise.all([promoteBuild(deps, subject, other.id, { by: 'eve' }), ann.dot(5, 10, 4)]);
  await ann.dot(0, 40, 26);
  expect(await corner(ann)).toBe(byFormer);
  expect(await ann.open()).toMatchObject({ build: { id: first }, newer: { id: other.id }, keys: { id: backbone } });
  const { image } = await ann.open();
  expect(await ann.keys()).toEqual(Buffer.from(await store.get(keysKey(backbone, image.sha256))));

  const bob = await take('bob');
  expect(await bob.open()).toMatchObject({ build: { id: other.id }, newer: null, keys: { layer: 9 } });
  await bob.begin();
  expect(await corner(bob)).toBe(byNewer);

  await Promise.all([rollBack(deps, subject, { by: 'eve' }), bob.dot(5, 10, 6), ann.dot(5, 12, 6)]);
  expect(await corner(bob)).toBe(byNewer);
  expect(await bob.open()).toMatchObject({ build: { id: other.id }, newer: { id: first }, keys: { layer: 9 } });
  expect(await ann.open()).toMatchObject({ build: { id: first }, newer: null });

  await ann.expectAll();
  await bob.expectAll();
  const [hers, his] = [await ann.submit(), await bob.submit()];
  await expectMask(ann, hers.mask, hers.n, former);
  await expectMask(bob, his.mask, his.n, newer);
  for (const { strokes } of lines.flatMap(({ drawings }) => drawings)) await store.get(strokesKey(strokes, '.json'));

  // Taken anew: the drawing is answered anew, with the keys of what is shown, though its old workflow may still run.
  await json('admin', 'POST', `/assignments/${bob.id}/review`, { verdict: 'send_back', note: 'the edge' });
  const again = await take('bob');
  expect(again.id).toBe(bob.id);
  expect(await again.open()).toMatchObject({ build: { id: first }, newer: null, keys: { id: backbone } });
  await again.expectAll();
  expect(await corner(again)).toBe(byFormer);
  await again.dot(0, 38, 20);
  const last = await again.submit();
  await expectMask(again, last.mask, last.n, former);
}, 120_000);

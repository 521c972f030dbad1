/** A campaign that hears the corpus: over HTTP, with a real worker; the page's solver beside it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import { extractReportKey, keysId, keysKey, maskKey, priorKey } from '@saltworks/contract/layout';
import { answerFrom, labelsOf } from '@saltworks/core/answer';
import { classifierOf } from '@saltworks/core/corpus/classifier';
import { learnerDefaults } from '@saltworks/core/corpus/predict';
import { hearCorpus } from '@saltworks/core/corpus/prior';
import { noStatistics, teach } from '@saltworks/core/corpus/statistics';
import { storedSegment } from '@saltworks/core/drawing/scribbles-of';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeCorpusPrior, encodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { decodeKeys, encodeKeys } from '@saltworks/core/formats/keys';
import { gridOf } from '@saltworks/core/nodes/grid';
import { argmax } from '@saltworks/core/nodes/scores';
import { StrokeSheet } from '@saltworks/core/seeds/sheet';
import { CODE_VERSION } from '@saltworks/store/builds/mask-names';
import { readShard } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { putCurrent, writeModel } from '@saltworks/store/prelabels/prelabels';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { recipeOf } from '@saltworks/worker/propagate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../dist/api/auth.js';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openKeyless } from '../deployment.ts';

const backbone = 'dinov2-small-focus';
const extract = { backbone, facet: 'key' } as const;
const [width, height] = [48, 32];
const [h, w, d] = [4, 6, 3];
const grey = 90;
const folder = mkdtempSync(join(tmpdir(), 'saltworks-corpus-'));
const store = fileStore(folder);
const maskThreads = openMaskThreads(1);
const patient = { timeout: 50_000, interval: 50 };
const categories = [
  { id: 1, name: 'pan', colour: '#00ff00', isthing: true },
  { id: 2, name: 'heap', colour: '#ff0000', isthing: false },
];

let deployment: Deployment;
const users: Record<string, string> = {};

/** Of the left half and the right half: one dimension tells them apart a little, one changes from row to row. */
const data = Float32Array.from({ length: h * w * d }, (_, o) => {
  const [node, part] = [Math.floor(o / d), o % d];
  const left = node % w < w / 2;
  return [left ? 0.4 : -0.4, Math.floor(node / w) % 2 ? 1 : -1, 0.5][part];
});

async function importPictures(count: number): Promise<void> {
  async function* source() {
    for (let i = 0; i < count; i++) {
      const bytes = await encodePng(new Uint8Array(3 * width * height).fill(grey + i), { width, height, channels: 3 });
      yield { name: `${i}.png`, version: '1', read: async () => bytes };
    }
  }
  await importDataset(store, 'pans', source(), { source: 'test' });
  for (const { sha256 } of await readShard(store, 'pans', 0)) {
    const origin = { backbone, layer: 11, facet: 'key', image: { width, height }, imageSha256: sha256 } as const;
    await store.put(keysKey(backbone, sha256), encodeKeys({ data, h, w, d }, origin));
  }
  await store.put(extractReportKey('pans', backbone, 0), JSON.stringify({ images: count, failures: [] }));
}

/** As a run of `prelabel` ends: pans are on the left, heaps on the right. @returns the name of the prior */
async function endPrelabels({ trust, layer }: { trust: number; layer?: number }): Promise<string> {
  const statistics = noStatistics(d, 2);
  const labels = Float32Array.from({ length: h * w * 2 }, (_, o) => {
    const left = Math.floor(o / 2) % w < w / 2;
    return left === (o % 2 === 0) ? 1 : 0;
  });
  teach(statistics, data, labels);
  const { weights, frequency } = classifierOf(statistics);
  const own = { ...extract, ...(layer !== undefined && { layer }) };
  const { balance, sharpness } = learnerDefaults;
  const classes = [
    { name: 'pan', isthing: 1 as const },
    { name: 'heap', isthing: 0 as const },
  ];
  const keys = keysId(backbone, own);
  const file = encodeCorpusPrior({ d, weights, frequency, categories: classes, balance, sharpness, trust, keys });
  const prior = sha256Of(file);
  await store.put(priorKey(prior), file);
  const { recipe, options } = recipeOf({ extract: own, preset: 'best', solve: {} });
  const { id: model } = await writeModel(store, {
    ...{ dataset: 'pans', statistics: 'sum', categories: classes, learner: learnerDefaults, images: 2, prior, trust },
    settings: { extract: own, preset: 'best', options, recipe, code: CODE_VERSION },
  });
  await putCurrent(store, 'pans', { plan: '0123456789abcdef', model });
  return prior;
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
  await json('admin', 'POST', '/campaigns', { id: 'salt', name: 'Salt', dataset: 'pans', categories });
  for (const user of ['ann', 'bob', 'eve', 'outsider']) {
    users[user] = (await createApiKey(db, { user: await makeUser(db, user), name: 'test' })).key;
    if (user !== 'outsider') await json('admin', 'PUT', `/campaigns/salt/members/${user}`, { role: 'annotator' });
  }
}, 120_000);

afterAll(async () => {
  await deployment?.close();
  await maskThreads.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const call = (
  user: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${users[user]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

async function json(user: string, method: string, path: string, body?: unknown) {
  const answer = await call(user, method, path, body);
  const text = await answer.text();
  expect(answer.status, `${method} ${path}: ${text}`).toBe(200);
  return JSON.parse(text);
}

const set = (corpus: 'on' | 'off') => json('admin', 'PATCH', '/campaigns/salt', { corpus });
const refusal = async (method: string, path: string, body: unknown) => {
  const answer = await call('admin', method, path, body);
  return [answer.status, ((await answer.json()) as { error: string }).error];
};

/** An annotator with an image; one dot a class near one another, so that the rest of it has to be guessed. */
async function take(user: string) {
  const { id } = await json(user, 'POST', '/campaigns/salt/next');
  const at = `/assignments/${id}`;
  const open = (): Promise<OpenAssignment> => json(user, 'GET', at);
  const client = randomUUID();
  const dot = (segment: number, x: number, y: number) => ({ kind: 'stroke', segment, points: [[x, y]], radius: 2 });
  const begun = [
    { kind: 'segment', id: 5, category: 1 },
    { kind: 'segment', id: 6, category: 2 },
    dot(5, 4, 4),
    dot(6, 44, 12),
  ];
  const interactions = begun.map((interaction, i) => ({ seq: i + 1, interaction }));
  return {
    id,
    open,
    draw: () => json(user, 'POST', `${at}/interactions`, { client, interactions }),
    submit: (): Promise<{ n: number; mask: string }> => json(user, 'POST', `${at}/submit`),
    /** The server's labels of all that is drawn. */
    async labels(): Promise<number[]> {
      await expect.poll(async () => ((now) => now.answered === now.n)(await open()), patient).toBe(true);
      const { body } = await deployment.server.database.db
        .selectFrom('event')
        .select('body')
        .where('assignment', '=', id)
        .where('kind', '=', 'patch')
        .orderBy('n', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      const patch = body as Parameters<typeof decodeRuns>[0] & { labels: number[]; n: number };
      expect(patch.n).toBe((await open()).n);
      return [...decodeRuns(patch)].map((label) => patch.labels[label]);
    },
  };
}

/** The labels that a page gives the drawing, from what it fetches. @param heard whether it takes the prior */
async function pageLabels(user: string, { id, image, options, drawing }: OpenAssignment, heard = true) {
  if (!options) throw new Error('no options');
  const bytes = async (path: string) => new Uint8Array(await (await call(user, 'GET', path)).arrayBuffer());
  const { keys } = decodeKeys(await bytes(`/assignments/${id}/keys`));
  const prior =
    heard && options.corpus !== undefined
      ? decodeCorpusPrior(await bytes(`/campaigns/salt/priors/${options.corpus}`))
      : undefined;
  const pixel = grey + Number(image.name.replace('.png', ''));
  const picture = { data: new Uint8Array(3 * width * height).fill(pixel), width, height };
  const segments = drawing.segments.flatMap((segment) => storedSegment(segment, categories) ?? []);
  const opinion = prior && hearCorpus(prior, keys, options, () => segments);
  const solver = openFast(picture, keys, options, { opinion });
  const drawn = labelsOf(
    new StrokeSheet(picture).raster(drawing.strokes, undefined),
    gridOf(keys, options.upsample),
    options,
  );
  const { seeds, nodes } = answerFrom(solver, drawn);
  return Array.from(argmax(nodes.data, seeds.labels.length), (label) => seeds.labels[label]);
}

test('a campaign that cannot hear the corpus says why', async () => {
  expect(await refusal('PATCH', '/campaigns/salt', { corpus: 'on' })).toEqual([
    409,
    'pans has no pre-labels; expected some (saltworks prelabel pans)',
  ]);
  await endPrelabels({ trust: 1, layer: 9 });
  expect(await refusal('PATCH', '/campaigns/salt', { corpus: 'on' })).toEqual([
    409,
    `the pre-labels of pans have keys ${backbone}-layer9; expected ${backbone}, the campaign's (saltworks prelabel pans)`,
  ]);
  await endPrelabels({ trust: 1 });
  const spread = { id: 'spread', name: 'Spread', dataset: 'pans', categories, preset: 'paper', corpus: 'on' };
  expect(await refusal('POST', '/campaigns', spread)).toEqual([
    409,
    'the corpus with the graph rbf; expected walk, which hears it (preset best)',
  ]);
  expect(await json('admin', 'GET', '/campaigns/salt')).toMatchObject({ corpus: 'off', solve: {} });
});

test('from the next image on labels hear what is pinned, in the page as in the worker; open ones go on as they began', async () => {
  await expect.poll(async () => (await json('ann', 'GET', '/campaigns/salt/progress')).tasks, patient).toBe(6);
  const prior = await endPrelabels({ trust: 1 });
  const ann = await take('ann');
  await ann.draw();
  const alone = await ann.labels();

  expect(await set('on')).toMatchObject({ corpus: 'on', solve: { corpus: prior } });
  expect((await ann.open()).options).not.toHaveProperty('corpus');
  expect(await pageLabels('ann', await ann.open())).toEqual(alone);

  const bob = await take('bob');
  expect((await bob.open()).options).toMatchObject({ corpus: prior });
  await bob.draw();
  const heard = await bob.labels();
  expect(await pageLabels('bob', await bob.open())).toEqual(heard);
  // It decides where strokes do not.
  expect(await pageLabels('bob', await bob.open(), false)).not.toEqual(heard);
  const { mask } = await bob.submit();
  const document = await readDocument(store, maskKey(mask, '.json'), maskDocument);
  expect(document?.parameters).toMatchObject({ corpus: prior });

  // A newer one is taken when somebody says so.
  const newer = await endPrelabels({ trust: 0.5 });
  expect(await json('admin', 'PATCH', '/campaigns/salt', { name: 'Salt pans' })).toMatchObject({
    solve: { corpus: prior },
  });
  const eve = await take('eve');
  expect(await set('on')).toMatchObject({ solve: { corpus: newer } });
  expect((await eve.open()).options).toMatchObject({ corpus: prior });
  const off = await set('off');
  expect(off.corpus).toBe('off');
  expect(off.solve).not.toHaveProperty('corpus');

  // Sent back, it is answered anew, as the campaign is by now.
  await json('admin', 'POST', `/assignments/${bob.id}/review`, { verdict: 'send_back', note: 'the edge' });
  const again = await take('bob');
  expect(again.id).toBe(bob.id);
  expect((await again.open()).options).not.toHaveProperty('corpus');
  expect(await again.labels()).toEqual(await pageLabels('bob', await again.open(), false));
  const without = await again.submit();
  expect(without.mask).not.toBe(mask);

  // The prior that an open image goes on with is there for members; no other is.
  const at = `/campaigns/salt/priors/${prior}`;
  const sent = await call('eve', 'GET', at);
  expect([sent.status, sent.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
  expect(Buffer.from(await sent.arrayBuffer())).toEqual(Buffer.from(await store.get(priorKey(prior))));
  const etag = sent.headers.get('etag') as string;
  expect((await call('eve', 'GET', at, undefined, { 'if-none-match': etag })).status).toBe(304);
  expect((await call('outsider', 'GET', at)).status).toBe(404);
  expect((await call('eve', 'GET', `/campaigns/salt/priors/${newer}`)).status).toBe(404);
}, 120_000);

test('a new campaign may hear it from the start', async () => {
  const prior = await endPrelabels({ trust: 1 });
  const made = await json('admin', 'POST', '/campaigns', {
    ...{ id: 'heaps', name: 'Heaps', dataset: 'pans', categories, corpus: 'on' },
  });
  expect(made).toMatchObject({ corpus: 'on', solve: { corpus: prior } });
});

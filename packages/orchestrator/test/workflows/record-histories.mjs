/**
 * Records histories of all workflows as golden files, one event a line: node record-histories.mjs WORKFLOW-BUNDLE [FOLDER]
 *
 * A history holds the decisions of the version that made it; replay.test.ts checks that today's workflows decide the same.
 * The script skips files that exist, so that each stays the history of an earlier version. It spells messages as they are
 * on the wire.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { presets } from '@saltworks/core/options';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const [bundle, folder = fileURLToPath(new URL('histories', import.meta.url))] = process.argv.slice(2);
const root = fileURLToPath(new URL('../../../..', import.meta.url));

Runtime.install({ logger: new DefaultLogger('ERROR') });
const home = mkdtempSync(join(tmpdir(), 'saltworks-histories-'));
const port = await freePort();
const address = `127.0.0.1:${port}`;
const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
const server = spawnTemporal(binary, { home, env: process.env }, port);
await waitForTemporal(address);
const identity = 'recorder';
const connection = await NativeConnection.connect({ address });
const client = new Client({
  connection: await Connection.connect({ address }),
  identity,
  interceptors: {
    workflow: [
      {
        startWithDetails: (input, next) =>
          next({ ...input, headers: { 'saltworks-store': defaultPayloadConverter.toPayload('0123456789abcdef') } }),
      },
    ],
  },
});

const hash = (byte) => byte.repeat(32);
const settings = { extract: { backbone: 'dinov2-small-focus', facet: 'key' }, preset: 'best', solve: {} };
const image = { sha256: hash('ab'), name: 'a.png', object: 'images/ab/a.png' };
const useless = { sha256: hash('ee'), name: 'b.png', object: 'images/ee/b.png' };
const tally = { images: 3, done: 1, cached: 1, failed: 1 };
const prelabels = { plan: '0123456789abcdef', labelled: 3, parts: 2, images: 9, shards: 3 };
const learned = { model: 'fedcba9876543210', labelled: 2, classes: 5 };
const refuse = (message) => {
  throw ApplicationFailure.nonRetryable(message, 'InvalidInputError');
};

/** The queue of the worker that has the image open. */
let host = 'saltworks-host-1';
const activities = {
  describeDataset: async () => ({ shards: 3, images: 9 }),
  extractShard: async () => tally,
  propagateShard: async () => tally,
  prepareExport: async () => ({ id: 'coco-panoptic-1' }),
  exportShard: async () => tally,
  finishExport: async () => {},
  openImage: async ({ image }) =>
    image.sha256 === useless.sha256 ? refuse('it is no image') : { queue: host, width: 640, height: 480 },
  answerPatch: async ({ n }) => ({ n, queue: host, ms: 12.5, solve: 8.25 }),
  answerPixel: async ({ n }) => ({ n, mask: hash('cd'), uncertainty: 0.125, ms: 80 }),
  attribute: async () => ({ segment: 1, strokes: [{ n: 1, share: 0.75 }] }),
  showImages: async ({ images }) => images.slice(1).map(({ sha256 }) => sha256),
  writeKnownRegions: async () => {},
  // Delivered at the third try.
  sendNotice: async ({ last }) => last,
  expireLease: async () => undefined,
  leaveUnusable: async () => true,
  agree: async ({ a }) => (a === hash('ee') ? refuse('the masks differ in size') : undefined),
  writeSteps: async () => ({ dataset: 'pans', image, extract: settings.extract, options: presets.best }),
  replayDrawing: async ({ mask }) => (mask === hash('ee') ? refuse('no such mask') : undefined),
  extractKeys: async ({ extract }) => (extract.layer === 3 ? refuse('layer 3; expected 0 to 2') : tally),
  takeSnapshot: async () => ({
    snapshot: hash('5a'),
    shown: '0123456789abcdef',
    dataset: 'pans',
    images: 9,
    shards: 3,
  }),
  planBuild: async () => ({ build: 'fedcba9876543210', images: 9 }),
  buildShard: async () => tally,
  compareShard: async () => tally,
  finishComparison: async ({ base, build }) => ({ version: 1, before: base, after: build, images: 9, changed: 4 }),
  settleBuild: async () => ({
    promoted: true,
    gate: { open: true, reasons: [], thresholds: { worse: 0.01, changed: 0.25 } },
  }),
  failRelabel: async () => {},
  describeBuild: async () => ({
    dataset: 'pans',
    images: 9,
    shards: 3,
    extract: [settings.extract, { ...settings.extract, layer: 3 }],
  }),
  rebuildShard: async () => ({ ...tally, differing: 1 }),
  makeConsensus: async () => ({ mask: hash('cd'), dissent: 0.25 }),
  extractSample: async ({ from, to }) => ({ images: to - from, done: to - from, cached: 0, failed: 0 }),
  judgeSample: async ({ from, to }) => ({ images: to - from, done: to - from - 1, cached: 0, failed: 1 }),
  finishBakeoff: async () => {},
  evaluateImages: async () => tally,
  planPrelabels: async ({ subject }) => (subject.name === 'bare' ? refuse('no image of bare has strokes') : prelabels),
  teachShard: async () => tally,
  finishTeaching: async () => learned,
  predictShard: async () => tally,
  finishPrelabels: async () => {},
  indexShard: async () => tally,
  findPlaces: async ({ query }) => (query === 'bare' ? refuse('no search bare of pans') : { compared: 8, found: 5 }),
  beginFiring: async ({ schedule }) =>
    schedule === 'over' ? null : schedule === 'hourly' ? { import: { dataset: 'pans', source: '/pans' } } : {},
  doFiring: async ({ schedule }) =>
    schedule === 'refused' ? refuse('no campaign c1') : { outcome: 'done', reason: null, made: { images: 3 } },
  importImages: async () => ({ outcome: 'skipped', reason: '/pans holds nothing new', made: {} }),
  endFiring: async () => {},
  importUpload: async ({ upload }) => (upload === 'bad' ? refuse('no picture in it') : undefined),
  importPlace: async () => {},
  refillCampaigns: async () => {},
  endUpload: async () => {},
};

const shared = ['workflows', 'extract', 'propagate', 'annotate', 'views', 'server'].map(
  (queue) => `saltworks-${queue}`,
);
const workers = new Map();
async function poll(taskQueue) {
  const worker = await Worker.create({
    ...{ connection, identity, taskQueue, activities },
    ...(taskQueue === 'saltworks-workflows' ? { workflowBundle: { codePath: resolve(bundle) } } : {}),
  });
  workers.set(taskQueue, { worker, ended: worker.run() });
}
async function stop(taskQueue) {
  const { worker, ended } = workers.get(taskQueue);
  worker.shutdown();
  await ended;
}
for (const queue of [...shared, 'saltworks-host-1']) await poll(queue);

async function record(name, type, input, work = (handle) => handle.result()) {
  const file = join(folder, `${name}.jsonl`);
  if (existsSync(file)) return;
  const handle = await client.workflow.start(type, {
    workflowId: name,
    taskQueue: 'saltworks-workflows',
    args: [input],
  });
  await work(handle);
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory()));
  // Stack traces name folders of this machine.
  const lines = events.map((event) => JSON.stringify(event, (key, value) => (key === 'stackTrace' ? '' : value)));
  writeFileSync(file, `${lines.join('\n')}\n`);
  console.log(`${file}: ${lines.length} events`);
}

const run = { dataset: 'pans', window: 2 };
await record('extract-retry', 'extractDataset', { ...run, extract: settings.extract, retry: { image: null } });
await record('extract-dataset', 'extractDataset', { ...run, extract: settings.extract }, async (handle) => {
  await handle.signal('pause');
  await handle.query('progress');
  await handle.signal('resume');
  await handle.result();
});
await record('propagate-dataset', 'propagateDataset', { ...run, ...settings, attempts: 3 });
await record('export-dataset', 'exportDataset', { ...run, recipe: 'abc', format: 'coco-panoptic' });
const carried = { next: 2, tally, paused: false };
await record('export-dataset-continued', 'exportDataset', {
  ...{ ...run, recipe: 'abc', format: 'coco-panoptic', plan: { id: 'coco-panoptic-1' }, carried },
});

const subject = { kind: 'campaign', name: 'c1' };
const asked = { ...run, ...settings, subject, promote: 'auto', keep: 'accepted', by: 'u1', why: 're-labelled' };
await record('relabel', 'relabel', asked, async (handle) => {
  await handle.signal('pause');
  await handle.query('progress');
  await handle.signal('resume');
  await handle.result();
});
const plan = { build: 'fedcba9876543210', base: null, images: 9, shards: 3 };
await record('relabel-continued', 'relabel', { ...asked, plan, carried });
const late = { ...asked, extract: { ...settings.extract, layer: 3 } };
await record('relabel-failed', 'relabel', late, (handle) => handle.result().catch(() => {}));
await record('rebuild', 'rebuild', { ...run, subject, build: plan.build });
await record('rebuild-continued', 'rebuild', { ...run, subject, build: plan.build, carried, differing: 1 });

const pair = { subject, base: '0123456789abcdef', build: plan.build };
await record('compare-builds', 'compareBuilds', { ...run, ...pair });
await record('compare-builds-continued', 'compareBuilds', { ...run, ...pair, carried });

const assignment = { ...settings, image, assignment: 'a1' };
const lease = Date.now() + 3_600_000;
await record('annotate-image', 'annotateImage', { ...assignment, lease }, async (handle) => {
  await handle.executeUpdate('propagate', { args: [{ n: 1 }] });
  await handle.executeUpdate('refine', { args: [{ n: 1, solve: { strokes: 'hold' } }] });
  await handle.executeUpdate('attribute', { args: [{ n: 1, solve: {}, x: 10, y: 20 }] });
  await handle.signal('renew', lease + 60_000);
  // The worker is gone: another one is asked to open the image.
  await stop(host);
  host = 'saltworks-host-2';
  await poll(host);
  await handle.executeUpdate('propagate', { args: [{ n: 2, solve: {} }] });
  await handle.signal('close');
  await handle.result();
});
await record('annotate-image-expired', 'annotateImage', { ...assignment, lease: Date.now() + 1_500, queue: host });
await record('annotate-image-unusable', 'annotateImage', { ...assignment, image: useless, lease });

await record('open-images', 'openImages', { images: [image, useless].map((image) => ({ ...settings, image })) });
await record('show-images', 'showImages', { whole: true, images: [image, useless] });
await record('read-known', 'readKnown', { dataset: 'pans', sha256: image.sha256, name: image.name, known: 'abcd' });
const known = { dataset: 'pans', sha256: image.sha256, campaign: 'c1' };
const pairs = [
  { a: hash('cd'), b: hash('ce') },
  { a: hash('ee'), b: { ...known, truth: 'abcd' } },
];
await record('agree-images', 'agreeImages', { pairs, classes: ['pan'] });
await record('agree-images-before-classes', 'agreeImages', { pairs: [{ a: hash('cd'), b: known }] });
const drawing = { assignment: 'a1', n: 12, mask: hash('cd') };
const drawings = [drawing, { ...drawing, assignment: 'a2', truth: 'abcd' }, { ...drawing, mask: hash('ee') }];
await record('replay-drawings', 'replayDrawings', { drawings, classes: ['pan'] });
const annotation = { annotator: 'u1', assignment: 'a1', n: 2, mask: hash('cd'), weight: 0.5 };
await record('consensus-image', 'consensusImage', { ...settings, image, annotations: [annotation] });
await record('deliver', 'deliver', { delivery: 'd1', round: 1, waits: [10, 20] });

const tried = { subject: { kind: 'campaign', name: 'pans' }, bakeoff: '0123456789abcdef', images: 6, variants: 2 };
await record('bakeoff', 'bakeoff', tried, async (handle) => {
  await handle.query('progress');
  await handle.result();
});

const evaluation = { ...run, evaluation: '0123456789abcdef', images: 9, parts: 3 };
await record('evaluate', 'evaluate', evaluation, async (handle) => {
  await handle.query('progress');
  await handle.result();
});
await record('evaluate-continued', 'evaluate', { ...evaluation, carried });

const prelabel = { ...run, ...settings, subject: { kind: 'dataset', name: 'pans' } };
await record('prelabel', 'prelabel', prelabel, async (handle) => {
  await handle.query('progress');
  await handle.result();
});
await record('prelabel-teaching', 'prelabel', {
  ...{ ...prelabel, plan: prelabels, carried: { ...carried, next: 1 } },
});
await record('prelabel-predicting', 'prelabel', { ...prelabel, plan: prelabels, learned, carried });
await record('prelabel-refused', 'prelabel', { ...prelabel, subject: { kind: 'campaign', name: 'bare' } }, (handle) =>
  handle.result().catch(() => {}),
);

const search = { ...run, extract: settings.extract, query: '0123456789abcdef' };
await record('search', 'search', search, async (handle) => {
  await handle.query('progress');
  await handle.result();
});
await record('search-continued', 'search', { ...search, carried });
await record('search-refused', 'search', { ...search, query: 'bare' }, (handle) => handle.result().catch(() => {}));

for (const schedule of ['nightly', 'hourly', 'refused', 'over']) {
  await record(`scheduled-${schedule}`, 'scheduled', { schedule });
}

for (const upload of ['good', 'bad']) {
  await record(`upload-${upload}`, 'upload', { upload, dataset: 'pans', labels: 'auto' });
}
const from = { place: 'photos', path: 'may' };
await record('upload-place', 'upload', { upload: 'placed', dataset: 'pans', labels: 'auto', from });

for (const { worker, ended } of workers.values()) {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await ended;
}
await client.connection.close();
await connection.close();
server.kill('SIGKILL');
rmSync(home, { recursive: true, force: true });

// node bench/scale-builds.mjs [--images N] [--json FILE]: a dataset of 100,000 images with strokes, re-labelled through
// Temporal, server and worker, with stubs for the backbone and the solver: what snapshot, plan, build, comparison, ranking and
// the list of compared images cost, and whether anything grows.
//
// Real: strokes, manifest, workflows, activities, heartbeats, reports, lines, the database, the comparison of decoded masks, the
// ranking, the API. Stubbed: inference and solving return at once with one of 16 masks of 16 × 16 pixels, keys are dropped, and
// files of equal masks are links to one.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@saltworks/backbone/image/decode';
import { openApi, waitForServer } from '@saltworks/cli/api';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { getBuildComparisonImages, postBuildRelabel } from '@saltworks/contract/api/builds';
import { scribblesKey } from '@saltworks/contract/layout';
import { encodePanoptic, segmentsInfo } from '@saltworks/core/mask/mask';
import { propagateDataset } from '@saltworks/orchestrator/runs/start';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { createActivities } from '@saltworks/worker/activities';
import { recipeOf } from '@saltworks/worker/propagate';
import { openWorkers } from '@saltworks/worker/worker';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { env, root, setup } from '../scripts/setup.mjs';
import { makeDataset, memoryOf, residentMegabytes, watch } from './large.mjs';
import { median } from './measure.mjs';

const backbone = 'dinov2-small-focus';
const [width, height] = [16, 16];

if (process.argv[2] === 'worker') await work(process.argv[3], process.argv[4]);
else await measure(flags(process.argv.slice(2)));

function flags(args) {
  const out = { images: 100_000 };
  for (let i = 0; i < args.length; i += 2) {
    if (args[i] === '--images' && Number(args[i + 1]) > 0) out.images = Number(args[i + 1]);
    else if (args[i] === '--json' && args[i + 1]) out.json = args[i + 1];
    else {
      console.error(`scale-builds: ${args[i]} ${args[i + 1] ?? ''}; expected --images N or --json FILE`);
      process.exit(2);
    }
  }
  return out;
}

/** A worker whose backbone and solver take no time. */
async function work(address, folder) {
  const store = fileStore(folder);
  const image = await encodePng(new Uint8Array(3 * width * height).fill(90), { width, height, channels: 3 });
  const masks = await Promise.all(Array.from({ length: 16 }, (_, variant) => maskOf(variant)));
  const isKeys = (key) => key.startsWith('keys/');
  /** Files of masks by what they hold: links take neither time nor room. */
  const written = new Map();
  const putMask = async (key, bytes, options) => {
    const [, variant, extension] = /^masks\/(.).*(\.\w+)$/.exec(key);
    // Documents differ in the names of files alone, within a set.
    const settings = extension === '.json' ? /"parameters":.*/.exec(bytes)[0] : '';
    const first = written.get(variant + settings);
    if (!first) {
      await store.put(key, bytes, options);
      written.set(variant + settings, join(folder, key));
      return;
    }
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    linkSync(first, join(folder, key));
  };
  const sink = {
    ...store,
    head: async (key, options) => (isKeys(key) ? undefined : store.head(key, options)),
    async put(key, bytes, options) {
      if (isKeys(key)) return;
      await (key.startsWith('masks/') ? putMask(key, bytes, options) : store.put(key, bytes, options));
    },
  };
  const data = new Float32Array(384);
  const source = { layer: 11, sha256: '0'.repeat(64), batch: 1, extract: async () => ({ data, h: 1, w: 1, d: 384 }) };
  const keys = { open: async ({ layer = 11 }) => ({ ...source, layer }), close() {} };
  const maskThreads = {
    threads: 4,
    run: async ({ names }) => {
      const { png, document } = masks[Number.parseInt(names.mask[0], 16)];
      return { png, document: { ...document, file_name: names.mask } };
    },
  };
  const readObject = async () => image.slice();
  const activities = createActivities({ store: sink, keys, maskThreads, readObject, maxPixels: 1e8, ahead: 8 });
  const connection = await NativeConnection.connect({ address });
  const { run, shutdown } = await openWorkers({
    ...{ connection, namespace: 'default', roles: ['extract', 'propagate'], activities },
    concurrency: { extract: 4, propagate: 4 },
  });
  process.once('disconnect', shutdown);
  await run();
  process.exit();
}

/** A disc of segment 1, larger with the variant, beside a stripe of segment 2, which every fourth one lacks. */
async function maskOf(variant) {
  const ids = new Uint32Array(width * height);
  for (let i = 0; i < ids.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (Math.hypot(x - 6, y - 6) < 2 + variant / 4) ids[i] = 1;
    else if (x > 12 && variant % 4 > 0) ids[i] = 2;
  }
  const mask = { ids, width, height };
  const segments = [
    { id: 1, category: 'cat', isthing: true },
    { id: 2, category: 'wall', isthing: false },
  ];
  const categories = [
    { id: 1, name: 'cat', isthing: 1 },
    { id: 2, name: 'wall', isthing: 0 },
  ];
  const { data } = encodePanoptic(mask);
  const document = {
    version: 1,
    image: { file_name: 'a.png', width, height, sha256: '0'.repeat(64) },
    file_name: 'a.png',
    segments_info: segmentsInfo(mask, segments, categories),
    categories,
    nodes: { height: 2, width: 2, sigma: 1, iterations: 1, converged: true },
    uncertainty: 0.1,
    warnings: [],
  };
  return { png: new Uint8Array(await encodePng(data, { width, height, channels: 3 })), document };
}

async function measure({ images, json }) {
  setup();
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-builds-'));
  const objects = join(scratch, 'objects');
  mkdirSync(objects);
  const say = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
  say(`${images} images with strokes`);
  const made = new Set();
  const shards = await makeDataset(fileStore(objects), images, ({ id, sha256 }, shard) => {
    const path = join(objects, scribblesKey('scale', shard, sha256, '.json'));
    if (!made.has(dirname(path))) mkdirSync(dirname(path), { recursive: true });
    made.add(dirname(path));
    writeFileSync(path, JSON.stringify(strokesOf(id)));
  });
  const address = `127.0.0.1:${await freePort()}`;
  const port = String(await freePort());
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('SALTWORKS_')));
  const settings = { ...own, SALTWORKS_HOME: scratch, SALTWORKS_PORT: port, SALTWORKS_TEMPORAL_ADDRESS: address };
  const temporal = spawnTemporal(
    await temporalBinary(readSettings(env)),
    { home: scratch, env },
    Number(address.split(':')[1]),
  );
  await waitForTemporal(address);
  const forked = { env: settings, silent: true };
  const server = fork(join(root, 'packages/cli/dist/main.js'), ['server'], forked);
  const worker = fork(fileURLToPath(import.meta.url), ['worker', address, objects], forked);
  for (const child of [server, worker]) child.stderr.on('data', (text) => process.stderr.write(text));
  const url = `http://127.0.0.1:${port}`;
  await waitForServer(url);
  const api = await openApi(url, readSettings(settings));
  const client = new Client({ connection: await Connection.connect({ address }) });
  const parts = { temporal, server, worker };

  const extract = { backbone, facet: 'key' };
  const { recipe } = recipeOf({ extract, preset: 'best', solve: {} });
  const first = await propagateDataset(client, recipe, {
    dataset: 'scale',
    window: 8,
    extract,
    preset: 'best',
    solve: {},
  });
  say(`propagated: ${JSON.stringify(await first.result())}`);

  const params = { subject: 'dataset:scale' };
  const asked = { backbone, layer: 10, promote: 'hold' };
  const relabelled = await relabel({ api, client, parts, say }, params, asked);
  const again = await relabel({ api, client, parts, say }, params, asked);
  say(JSON.stringify({ relabelled, again }));
  const { build } = relabelled;
  const list = await readList({ api, server }, { ...params, build });
  for (const child of [worker, server]) child.kill('SIGKILL');
  temporal.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });

  const figures = { date: new Date().toISOString().slice(0, 10), images, shards, relabelled, again, list };
  console.log(JSON.stringify(figures, null, 1));
  if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);
  process.exit();
}

/** Runs a re-labelling to its end; times of its stages are exact to the two seconds between looks. */
async function relabel({ api, client, parts, say }, params, body) {
  const { id } = await api(postBuildRelabel, { params, body });
  const handle = client.workflow.getHandle(id);
  const stages = {};
  let last;
  const looked = async () => {
    const { stage = 'extracting', shardsDone, shards } = await handle.query('progress');
    const now = performance.now();
    if (last) stages[last.stage] = (stages[last.stage] ?? 0) + (now - last.now) / 1000;
    if (stage !== last?.stage || Math.floor(shardsDone / 50) !== last.told)
      say(`${stage}: ${shardsDone} of ${shards} shards, ${JSON.stringify(memoryOf(parts))}`);
    last = { stage, now, told: Math.floor(shardsDone / 50) };
  };
  const { result, seconds, ...rest } = await watch(client, id, parts, () => handle.result(), looked);
  const { build, images, changed, gate, failed } = result;
  const rounded = Object.fromEntries(Object.entries(stages).map(([stage, time]) => [stage, Math.round(time)]));
  return {
    build,
    images,
    changed,
    failed,
    reasons: gate.reasons,
    seconds: Math.round(seconds),
    stages: rounded,
    ...rest,
  };
}

/** The list of compared images from its first part to its last, 50 at a time as pages ask, and its filters. */
async function readList({ api, server }, params) {
  const before = residentMegabytes(server.pid);
  const times = [];
  let items = 0;
  const ask = async (query) => {
    const began = performance.now();
    const part = await api(getBuildComparisonImages, { params, query: { limit: 50, ...query } });
    times.push(performance.now() - began);
    return part;
  };
  for (let after; ; ) {
    const part = await ask({ after });
    items += part.items.length;
    if (part.next === null) break;
    after = part.next;
    // Within the server's limit of requests a minute.
    await sleep(60);
  }
  const whole = times.splice(0).sort((a, b) => a - b);
  for (let i = 0; i < 20; i++) await ask({ why: 'code' });
  const none = times.splice(0).sort((a, b) => a - b);
  const ms = (sorted) => ({
    requests: sorted.length,
    median_ms: Math.round(10 * median(sorted)) / 10,
    p99_ms: Math.round(10 * sorted[Math.floor(0.99 * sorted.length)]) / 10,
  });
  return {
    items,
    parts: ms(whole),
    filter_without_match: ms(none),
    server_mb: [before, residentMegabytes(server.pid)],
  };
}

/** Each image has its own. */
function strokesOf(id) {
  return {
    version: 1,
    image: { width, height },
    segments: [
      { id: 1, category: 'cat', isthing: true },
      { id: 2, category: 'wall', isthing: false },
    ],
    strokes: [
      { segment: 1, points: [[6, 6]], radius: 1 },
      { segment: 2, points: [[14, 8]], radius: 1 },
      { segment: 0, points: [[10, 14]], radius: 1 },
    ],
    note: createHash('sha256').update(`strokes ${id}`).digest('hex'),
  };
}

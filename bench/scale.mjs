// node bench/scale.mjs [--images N] [--json FILE]: a dataset of a million images through Temporal, server and worker, with
// a stub for the backbone: the cost of the engine itself, and whether anything grows.
//
// Real: manifest, workflows, activities, heartbeats, decoding (of one tiny image, again and again), reports in a folder.
// Stubbed: inference returns at once, and keys are counted instead of stored.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@saltworks/backbone/image/decode';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { extractDataset } from '@saltworks/orchestrator/runs/start';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { createActivities } from '@saltworks/worker/activities';
import { openWorkers } from '@saltworks/worker/worker';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { env, root, setup } from '../scripts/setup.mjs';
import { makeDataset, watch } from './large.mjs';

if (process.argv[2] === 'worker') await work(process.argv[3], process.argv[4]);
else await measure(flags(process.argv.slice(2)));

function flags(args) {
  const out = { images: 1_000_000 };
  for (let i = 0; i < args.length; i += 2) {
    if (args[i] === '--images' && Number(args[i + 1]) > 0) out.images = Number(args[i + 1]);
    else if (args[i] === '--json' && args[i + 1]) out.json = args[i + 1];
    else {
      console.error(`scale: ${args[i]} ${args[i + 1] ?? ''}; expected --images N or --json FILE`);
      process.exit(2);
    }
  }
  return out;
}

/** A worker whose backbone takes no time and whose keys take no space. */
async function work(address, folder) {
  const store = fileStore(folder);
  const png = await encodePng(new Uint8Array(3 * 16 * 16).fill(90), { width: 16, height: 16, channels: 3 });
  const isKeys = (key) => key.startsWith('keys/');
  const sink = {
    ...store,
    get: (...args) => store.get(...args),
    list: (...args) => store.list(...args),
    head: async (key, options) => (isKeys(key) ? undefined : store.head(key, options)),
    put: async (key, ...rest) => (isKeys(key) ? undefined : store.put(key, ...rest)),
  };
  const data = new Float32Array(384);
  const source = { layer: 11, sha256: '0'.repeat(64), batch: 1, extract: async () => ({ data, h: 1, w: 1, d: 384 }) };
  const keys = { open: async () => source, close() {} };
  const activities = createActivities({ store: sink, keys, readObject: async () => png, maxPixels: 1e8, ahead: 8 });
  const connection = await NativeConnection.connect({ address });
  const { run, shutdown } = await openWorkers({
    ...{ connection, namespace: 'default', roles: ['extract', 'propagate'], activities },
    concurrency: { extract: 4, propagate: 1 },
  });
  process.once('disconnect', shutdown);
  await run();
  process.exit();
}

async function measure({ images, json }) {
  setup();
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-scale-'));
  const objects = join(scratch, 'objects');
  mkdirSync(objects);
  const shards = await makeDataset(fileStore(objects), images);
  const address = `127.0.0.1:${await freePort()}`;
  const binary = await temporalBinary(readSettings(env));
  const temporal = spawnTemporal(binary, { home: scratch, env }, Number(address.split(':')[1]));
  await waitForTemporal(address);
  const settings = { env: { ...env, SALTWORKS_TEMPORAL_ADDRESS: address }, silent: true };
  const server = fork(join(root, 'packages/cli/dist/main.js'), ['server'], settings);
  const worker = fork(fileURLToPath(import.meta.url), ['worker', address, objects], settings);
  const client = new Client({ connection: await Connection.connect({ address }) });

  const input = { dataset: 'scale', extract: { backbone: 'stub', facet: 'key' }, window: 8 };
  const parts = { temporal, server, worker };
  const first = await follow(client, input, parts);
  const again = await follow(client, input, parts);
  for (const child of [worker, server]) child.kill('SIGKILL');
  temporal.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });

  const figures = { date: new Date().toISOString().slice(0, 10), images, shards, first, again };
  console.log(JSON.stringify(figures, null, 1));
  if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);
  process.exit();
}

/** Runs the workflow to its end and watches histories and memory. */
async function follow(client, input, parts) {
  const run = await extractDataset(client, input);
  const looked = async () => {
    const now = process.stderr.isTTY && (await run.progress());
    if (now) process.stderr.write(`\r${now.shardsDone} of ${now.shards} shards `);
  };
  const { result: tally, seconds, ...rest } = await watch(client, run.id, parts, run.result, looked);
  return {
    ...tally,
    seconds: Math.round(seconds),
    images_per_second: Math.round(tally.images / seconds),
    ...rest,
  };
}

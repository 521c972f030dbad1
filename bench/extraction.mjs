// Extraction with everything around it (store, heartbeats, read-ahead, its own thread) beside a bare onnxruntime-node loop.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/decode';
import { preprocess } from '@saltworks/backbone/preprocess';
import { resolveBackbone } from '@saltworks/backbone/registry';
import { tap } from '@saltworks/backbone/tap';
import { fileStore } from '@saltworks/store/fs';
import { importDataset } from '@saltworks/store/import';
import { folderSource } from '@saltworks/store/sources';
import { extractShard } from '@saltworks/worker/extract';
import { keysSources } from '@saltworks/worker/keys-source';
import { objectReader } from '@saltworks/worker/objects';
import { env, root } from '../scripts/setup.mjs';

const repeats = 7;
const threads = 2;
const folder = join(root, 'examples/images');

/** @returns rows of the bench's JSON */
export async function extraction() {
  const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
  const files = readdirSync(folder);
  const bare = await bareLoop(spec, files);
  const keys = keysSources(env.SALTWORKS_HOME, { threads, device: 'cpu' });
  const engine = () => engineLoop(keys);
  await bare();
  await engine();
  const rates = { ours: [], peer: [] };
  for (let i = 0; i < repeats; i++) {
    rates.peer.push(files.length / (await seconds(bare)));
    rates.ours.push(files.length / (await engine()));
  }
  await keys.close();
  const sorted = (values) => values.sort((a, b) => a - b).map((value) => Math.round(value * 100) / 100);
  const [ours, peer] = [sorted(rates.ours), sorted(rates.peer)];
  const middle = repeats >> 1;
  return [
    {
      name: 'extract-overhead',
      ours: ours[middle],
      peer: peer[middle],
      peer_name: 'bare onnxruntime-node loop: read, decode, resize, run',
      unit: 'images/s',
      ratio: Math.round((100 * ours[middle]) / peer[middle]) / 100,
      what: `${files.length} photographs, long side 518, ${threads} threads`,
      ours_range: [ours[0], ours.at(-1)],
      peer_range: [peer[0], peer.at(-1)],
    },
  ];
}

/** What somebody would write who needs keys once. */
async function bareLoop(spec, files) {
  // The backbone package's own copy of onnxruntime-node.
  const require = createRequire(join(root, 'packages/backbone/package.json'));
  const { InferenceSession, Tensor } = require('onnxruntime-node');
  const { model, input, output } = tap(readFileSync(spec.path), { facet: 'key' });
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads });
  return async () => {
    for (const file of files) {
      const { data, width, height } = preprocess(await decodeImage(readFileSync(join(folder, file))), spec);
      await session.run({ [input]: new Tensor('float32', data, [1, 3, height, width]) }, [output]);
    }
  };
}

/** The activity itself, on a store of its own each time. @returns seconds of extraction, import not counted */
async function engineLoop(keys) {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const store = fileStore(scratch);
  await importDataset(store, 'bench', folderSource(folder), { source: folder });
  const deps = { store, keys, readObject: objectReader(store), maxPixels: 100e6 };
  const request = { dataset: 'bench', shard: 0, extract: { backbone: 'dinov2-small-focus', facet: 'key' } };
  const pulse = { last: undefined, beat() {}, signal: new AbortController().signal };
  const taken = await seconds(async () => {
    const { done } = await extractShard(deps, request, pulse);
    if (done !== readdirSync(folder).length) throw new Error(`${done} images done; expected all`);
  });
  rmSync(scratch, { recursive: true });
  return taken;
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

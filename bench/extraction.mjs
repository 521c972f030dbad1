// The whole extraction (store, heartbeats, read-ahead, a thread of its own) beside bare loops over the same files and the
// same network: onnxruntime in Node, and onnxruntime in Python with Pillow.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { preprocess } from '@saltworks/backbone/image/preprocess';
import { readModelFile } from '@saltworks/backbone/onnx/external';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { evaluate } from '@saltworks/backbone/runtime/runtime';
import { tap } from '@saltworks/backbone/tap/tap';
import { importDataset } from '@saltworks/store/import/import';
import { folderSource } from '@saltworks/store/import/sources';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { extractShard } from '@saltworks/worker/extract';
import { keysSources } from '@saltworks/worker/keys-source';
import { objectReader } from '@saltworks/worker/objects';
import { env, root } from '../scripts/setup.mjs';
import { row, takeTurns } from './measure.mjs';

export const names = ['extract-overhead', 'extract-python'];
const threads = 2;
const folder = join(root, 'examples/images');

/** @returns rows of the bench's JSON */
export async function extraction(wanted, peer, { quick }) {
  const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
  const files = readdirSync(folder).map((name) => join(folder, name));
  const tapped = await tap(await readModelFile(spec.path), [{ facet: 'key' }], evaluate);
  const keys = keysSources({ home: env.SALTWORKS_HOME, env }, { threads, device: 'cpu' });
  const bare = await bareLoop(spec, tapped, files);
  const { model, input } = tapped;
  const [{ name: output }] = tapped.outputs;
  const { patch, longSide, mean, std } = spec;
  const job = { model, input, output, files, threads, patch, longSide, mean, std };
  const rates = await takeTurns(
    {
      ours: async () => files.length / (await engineLoop(keys)),
      node: async () => files.length / (await seconds(bare)),
      ...(wanted.includes('extract-python') && {
        python: async () => files.length / (await peer.extract(job)).seconds,
      }),
    },
    { repeats: quick ? 3 : 7, seconds: 90 },
  );
  await keys.close();
  const about = { unit: 'images/s', what: `${files.length} images, long side 518, ${threads} threads` };
  const peers = {
    'extract-overhead': [rates.node, 'onnxruntime-node loop: read, decode, resize, run'],
    'extract-python': [rates.python, 'onnxruntime in Python, Pillow: read, decode, resize, run'],
  };
  return names
    .filter((name) => wanted.includes(name))
    .map((name) => row(rates.ours, peers[name][0], { name, peer_name: peers[name][1], ...about }));
}

/** A plain loop, as written by somebody with a single need for keys. */
async function bareLoop(spec, { model, input, outputs: [{ name: output }] }, files) {
  // The backbone package's copy of onnxruntime-node.
  const require = createRequire(join(root, 'packages/backbone/package.json'));
  const { InferenceSession, Tensor } = require('onnxruntime-node');
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: threads });
  return async () => {
    for (const file of files) {
      const { data, width, height } = preprocess(await decodeImage(readFileSync(file)), spec);
      await session.run({ [input]: new Tensor('float32', data, [1, 3, height, width]) }, [output]);
    }
  };
}

/** The activity, each time on a new store. @returns seconds of extraction, without the import */
async function engineLoop(keys) {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const store = fileStore(scratch);
  await importDataset(store, 'bench', folderSource(folder), { source: folder });
  const deps = { store, keys, readObject: objectReader(store, () => ({})), maxPixels: 100e6 };
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

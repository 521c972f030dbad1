// Propagation of shards in two threads beside one, and the longest stall of the event loop (on stderr).
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { importDataset } from '@saltworks/store/import/import';
import { importScribbles } from '@saltworks/store/import/import-scribbles';
import { folderSource } from '@saltworks/store/import/sources';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { extractShard } from '@saltworks/worker/extract';
import { keysSources } from '@saltworks/worker/keys-source';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { propagateShard } from '@saltworks/worker/propagate';
import { env, root } from '../scripts/setup.mjs';
import { row, takeTurns } from './measure.mjs';

const repeats = 7;
const count = 24;
const extract = { backbone: 'dinov2-small-focus', facet: 'key' };
const pulse = { last: undefined, beat() {}, signal: new AbortController().signal };

/** @returns rows of the bench's JSON */
export async function propagation() {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const objects = join(scratch, 'objects');
  const store = fileStore(objects);
  const deps = { store, readObject: objectReader(store, () => ({})), maxPixels: 100e6 };
  const { shards, images } = await drawnDataset(deps, scratch);

  const request = { dataset: 'bench', extract, preset: 'best', solve: {} };
  let stall = 0;
  const rateOf = (maskThreads) => async () => {
    rmSync(join(objects, 'masks'), { recursive: true, force: true });
    const clock = stalls();
    const start = performance.now();
    const all = Array.from({ length: shards }, (_, shard) =>
      propagateShard({ ...deps, maskThreads }, { ...request, shard }, pulse),
    );
    const done = (await Promise.all(all)).reduce((sum, tally) => sum + tally.done, 0);
    const rate = done / ((performance.now() - start) / 1000);
    stall = Math.max(stall, clock.stop());
    if (done !== images) throw new Error(`${done} images done; expected ${images}`);
    return rate;
  };
  const [one, two] = [1, 2].map((threads) => openMaskThreads(threads));
  // The first turn starts the threads.
  const rates = await takeTurns({ one: rateOf(one), two: rateOf(two) }, { repeats });
  for (const threads of [one, two]) await threads.close();
  rmSync(scratch, { recursive: true });
  console.error(`propagate-threads: the event loop stood still for at most ${Math.round(stall)} ms`);
  return [
    row(rates.two, rates.one, {
      name: 'propagate-threads',
      peer_name: 'the same in one thread',
      unit: 'images/s',
      what: `${images} images in ${shards} shards, preset best, 2 threads`,
    }),
  ];
}

/** Images with scribbles, and their keys: from ../shared/data if it is there, else the examples. */
async function drawnDataset(deps, scratch) {
  const shared = join(root, '../shared/data');
  const folders = existsSync(shared)
    ? {
        images: join(shared, 'images'),
        drawings: ['scribbles', 'scribbles_simulated'].map((name) => join(shared, name)),
      }
    : { images: join(root, 'examples/images'), drawings: [join(root, 'examples/scribbles')] };
  const [source, scribbles] = ['images', 'scribbles'].map((name) => join(scratch, name));
  for (const folder of [source, scribbles]) mkdirSync(folder);
  const drawings = folders.drawings.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const photographs = new Map(readdirSync(folders.images).map((name) => [stemOf(name), name]));
  const drawn = drawings.filter((path) => photographs.has(stemOf(path)));
  const every = Math.ceil(drawn.length / count);
  for (const path of drawn.filter((_, i) => i % every === 0)) {
    const photograph = photographs.get(stemOf(path));
    copyFileSync(join(folders.images, photograph), join(source, photograph));
    copyFileSync(path, join(scribbles, stemOf(path) + extname(path)));
  }
  const { dataset } = await importDataset(deps.store, 'bench', folderSource(source), { source });
  const images = await importScribbles(deps.store, dataset, scribbles);
  const keys = keysSources({ home: env.SALTWORKS_HOME, env }, { device: 'cpu' });
  for (let shard = 0; shard < dataset.shards; shard++) {
    await extractShard({ ...deps, keys }, { dataset: 'bench', shard, extract }, pulse);
  }
  await keys.close();
  return { shards: dataset.shards, images };
}

const stemOf = (path) => path.slice(path.lastIndexOf('/') + 1, -extname(path).length);

/** Watches the event loop by a timer of 5 ms. `stop` returns the longest stall in ms. */
function stalls() {
  let [last, most] = [performance.now(), 0];
  const clock = setInterval(() => {
    const now = performance.now();
    most = Math.max(most, now - last - 5);
    last = now;
  }, 5);
  return {
    stop() {
      clearInterval(clock);
      return Math.max(most, performance.now() - last - 5);
    },
  };
}

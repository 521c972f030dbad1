// node bench/scale-search.mjs --keys DIR [--images N] [--indexed N] [--queries N] [--json FILE]: search by example in a dataset of
// many images, by the worker's own activities, one after the other: time and bytes of the index, time of a search, and how often the
// index names the images that brute force finds. Seconds are the processor's.
//
// Real: manifest, reports, the index as files in a folder, shard by shard, and every step of a search. Made up: keys. DIR holds keys of
// real images (bench/search.mjs); an image has those of one of them, a window of those of another, and noise of its own, all of it
// drawn from the image's number. Making them is timed and left out. `--indexed`: a search is also timed in a dataset of so many images,
// whose index repeats the first one's.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { extractReportKey } from '@saltworks/contract/layout';
import { encodeKeyIndex, summaryAt } from '@saltworks/core/formats/key-index';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { bestPlace } from '@saltworks/core/search/place';
import { likenessTo, patchesOf, probeOf } from '@saltworks/core/search/probe';
import { spaceOf } from '@saltworks/core/search/space';
import { meansIn } from '@saltworks/core/search/summary';
import { randomFrom } from '@saltworks/lab/random';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { putIndex, readIndex, readSearchReport, writeQuery } from '@saltworks/store/searches/searches';
import { findPlaces } from '@saltworks/worker/searches/find-places';
import { indexShard } from '@saltworks/worker/searches/index-shard';
import { makeDataset, residentMegabytes } from './large.mjs';

const { values } = parseArgs({
  options: {
    keys: { type: 'string' },
    images: { type: 'string', default: '10000' },
    indexed: { type: 'string', default: '100000' },
    queries: { type: 'string', default: '10' },
    json: { type: 'string' },
  },
});
const [images, indexed, queries] = [values.images, values.indexed, values.queries].map(Number);
/** Of the distance between two keys at random, each the share of it that is noise. */
const noise = 0.3;
const extract = { backbone: 'dinov2-small-focus', facet: 'key' };
const keys = extract.backbone;
const dataset = 'scale';
const { signal } = new AbortController();
const pulse = { last: undefined, beat() {}, signal, attempt: 1 };
/** Seconds of the processor that this process has taken: others may be at work beside it. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const seconds = (since) => spent() - since;

const real = readdirSync(values.keys)
  .sort()
  .map((file) => {
    const bytes = readFileSync(join(values.keys, file));
    const [h, w, d] = [0, 4, 8].map((at) => bytes.readInt32LE(at));
    const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 12, bytes.byteOffset + bytes.length));
    return { h, w, d, data };
  });
const { d } = real[0];
const spread = deviationsOf(real);
const pool = Float32Array.from({ length: 1 << 20 }, normalFrom(randomFrom('noise')));

/** Keys of an image, the same for the same number. */
function keysOf(image) {
  const random = randomFrom(`image ${image}`);
  const one = () => real[Math.floor(random() * real.length)];
  const [base, other] = [one(), one()];
  const data = base.data.slice();
  const side = (most) => 3 + Math.floor(random() * (most / 2 - 3));
  const [rows, columns] = [side(Math.min(base.h, other.h)), side(Math.min(base.w, other.w))];
  const from = (size, part) => Math.floor(random() * (size - part + 1));
  const [top, left, y, x] = [from(base.h, rows), from(base.w, columns), from(other.h, rows), from(other.w, columns)];
  for (let row = 0; row < rows; row++) {
    const start = ((y + row) * other.w + x) * d;
    data.set(other.data.subarray(start, start + columns * d), ((top + row) * base.w + left) * d);
  }
  for (let i = 0, at = Math.floor(random() * pool.length); i < data.length; i++, at++) {
    data[i] += noise * spread[i % d] * pool[at & (pool.length - 1)];
  }
  return { h: base.h, w: base.w, d, data, window: { top, left, rows, columns } };
}

/** Of each dimension, over all images. */
function deviationsOf(all) {
  const [sum, square] = [new Float64Array(d), new Float64Array(d)];
  let n = 0;
  for (const { data } of all) {
    n += data.length / d;
    for (let i = 0; i < data.length; i++) {
      sum[i % d] += data[i];
      square[i % d] += data[i] ** 2;
    }
  }
  return sum.map((value, k) => Math.sqrt(square[k] / n - (value / n) ** 2));
}

/** Box and Muller's. */
function normalFrom(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A store whose keys are made when they are read. */
function storeAt(folder) {
  const files = fileStore(folder);
  const numbers = new Map();
  const made = { seconds: 0, images: 0 };
  return {
    ...files,
    numbers,
    made,
    list: (...args) => files.list(...args),
    async get(key, options) {
      if (!key.startsWith('keys/')) return files.get(key, options);
      const began = spent();
      const sha256 = /([0-9a-f]{64})/.exec(key)[1];
      const { h, w, data } = keysOf(numbers.get(sha256));
      const origin = { ...extract, layer: 11, image: { width: 14 * w, height: 14 * h }, imageSha256: sha256 };
      const file = encodeKeys({ h, w, d, data }, origin);
      made.seconds += seconds(began);
      made.images++;
      return file;
    },
  };
}

/** A dataset of so many images that all have keys. @returns their hashes, shard by shard */
async function describe(store, count) {
  const shards = [];
  await makeDataset(store, count, ({ id, sha256 }, shard) => {
    // A larger dataset repeats the images of the first.
    store.numbers.set(sha256, (id - 1) % images);
    shards[shard] ??= [];
    shards[shard].push(sha256);
  });
  for (const [shard, { length }] of shards.entries()) {
    await store.put(extractReportKey(dataset, keys, shard), JSON.stringify({ images: length, failures: [], views: 2 }));
  }
  return shards;
}

/** Bytes of files below a folder. */
const bytesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

/** Run lengths of the middle of the window of an image that is of another picture. */
function exampleIn({ h, w, window: { top, left, rows, columns } }) {
  const [width, height] = [14 * w, 14 * h];
  const [y, x] = [top + Math.floor((rows - 3) / 2), left + Math.floor((columns - 3) / 2)];
  const region = [];
  for (let row = 14 * y, last = 0; row < 14 * (y + 3); row++) {
    const start = row * width + 14 * x;
    region.push(start - last, 42);
    last = start + 42;
  }
  return { width, height, region, box: [14 * x, 14 * y, 14 * (x + 3), 14 * (y + 3)] };
}

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-scale-search-'));
const store = storeAt(join(scratch, 'small'));
const deps = { store, keys: { open: () => Promise.reject(new Error('no backbone here')) } };
const shards = (await describe(store, images)).length;
const shaOf = new Map([...store.numbers].map(([sha256, number]) => [number, sha256]));
const figures = { images, shards };

let began = spent();
for (let shard = 0; shard < shards; shard++) await indexShard(deps, { dataset, shard, extract }, pulse);
figures.index = {
  seconds: seconds(began) - store.made.seconds,
  keysMadeSeconds: store.made.seconds,
  bytesAnImage: bytesBelow(join(scratch, 'small/datasets', dataset, 'index')) / images,
};
began = spent();
for (let shard = 0; shard < shards; shard++) await indexShard(deps, { dataset, shard, extract }, pulse);
figures.again = { seconds: seconds(began) };
console.error(JSON.stringify(figures));

/** @returns its report, and seconds without those in which keys were made */
async function search(where, number, top, candidates) {
  const image = {
    id: number + 1,
    sha256: shaOf.get(number),
    name: `${number + 1}.png`,
    object: `images/${shaOf.get(number)}.png`,
  };
  const query = await writeQuery(where, {
    ...{ dataset, extract, image, ...exampleIn(keysOf(number)), top },
    ...(candidates && { candidates }),
  });
  const [since, before] = [spent(), where.made.seconds];
  await findPlaces({ ...deps, store: where }, { dataset, query }, pulse);
  const took = seconds(since) - (where.made.seconds - before);
  return { took, report: await readSearchReport(where, { dataset, query }) };
}

const random = randomFrom('queries');
const asked = Array.from({ length: queries }, () => Math.floor(random() * images));
const short = [];
for (const number of asked) short.push((await search(store, number, 50)).took);
figures.search = { images, top: 50, candidates: 400, seconds: mean(short) };

// Brute force: the best place of every image, and what the index says of it, in the same metric.
const parts = [];
for (let shard = 0; shard < shards; shard++) parts.push(await readIndex(store, { dataset, keys, shard }));
const space = spaceFrom(parts);
const probes = asked.map((number) => {
  const own = keysOf(number);
  const { region, width, height } = exampleIn(own);
  return probeOf(own, patchesOf(region, { width, height }, own), space);
});
const scores = asked.map(() => []);
let bruteForce = 0;
for (const { images: listed, summary } of parts) {
  let from = 0;
  for (const { sha256, rows } of listed) {
    const number = store.numbers.get(sha256);
    const brief = meansIn(summaryAt(summary, from, rows));
    const own = keysOf(number);
    from += rows;
    for (const [i, probe] of probes.entries()) {
      if (asked[i] === number) continue;
      const since = spent();
      const { score } = bestPlace(likenessTo(probe, space, own.data), own, { width: 14 * own.w, height: 14 * own.h });
      bruteForce += seconds(since);
      scores[i].push({ number, score, brief: Math.max(...likenessTo(probe, space, brief)) });
    }
  }
}
figures.bruteForce = { seconds: bruteForce / queries };
figures.named = Object.fromEntries(
  [10, 50].map((top) => [
    `of the best ${top}`,
    Object.fromEntries(
      [100, 400, 1000].map((candidates) => [
        candidates,
        mean(
          scores.map((all) => {
            const best = [...all].sort((a, b) => b.score - a.score).slice(0, top);
            const named = new Set(
              [...all]
                .sort((a, b) => b.brief - a.brief)
                .slice(0, candidates)
                .map(({ number }) => number),
            );
            return best.filter(({ number }) => named.has(number)).length / top;
          }),
        ),
      ]),
    ),
  ]),
);
/** What is lost in likeness: the mean of the best 50 that 400 candidates have, of the mean of the best 50. */
figures.likeness = mean(
  scores.map((all) => {
    const best = (list) =>
      mean(
        [...list]
          .sort((a, b) => b.score - a.score)
          .slice(0, 50)
          .map(({ score }) => score),
      );
    return best([...all].sort((a, b) => b.brief - a.brief).slice(0, 400)) / best(all);
  }),
);
console.error(JSON.stringify(figures));

if (indexed > images) {
  // The same summaries again and again, under the names of a larger dataset.
  const rows = new Map();
  for (const { images: listed, summary } of parts) {
    let from = 0;
    for (const { sha256, rows: count } of listed) {
      rows.set(store.numbers.get(sha256), summaryAt(summary, from, count));
      from += count;
    }
  }
  const large = storeAt(join(scratch, 'large'));
  const many = await describe(large, indexed);
  for (const [shard, listed] of many.entries()) {
    const summaries = listed.map((sha256) => ({ sha256, summary: rows.get(large.numbers.get(sha256)) }));
    const report = { version: 1, images: listed.length, failures: [], of: 'repeated' };
    await putIndex(large, { dataset, keys, shard }, { file: encodeKeyIndex(summaries), report });
  }
  const took = [];
  for (const number of asked) took.push((await search(large, number, 50)).took);
  figures.large = { images: indexed, shards: many.length, top: 50, candidates: 400, seconds: mean(took) };
}
figures.memoryMB = residentMegabytes('self');
rmSync(scratch, { recursive: true, force: true });
console.log(JSON.stringify(figures, null, 1));
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 1)}\n`);

/** The metric of a search: of rows evenly from the index. */
function spaceFrom(all) {
  const perPart = Math.ceil(4096 / all.length);
  const rows = all.flatMap(({ summary }) => {
    const n = summary.scales.length;
    return Array.from({ length: Math.min(n, perPart) }, (_, i) =>
      meansIn(summaryAt(summary, Math.floor(((i + 0.5) * n) / Math.min(n, perPart)), 1)),
    );
  });
  const sample = new Float32Array(rows.length * d);
  for (const [i, row] of rows.entries()) sample.set(row, i * d);
  return spaceOf(sample, d);
}

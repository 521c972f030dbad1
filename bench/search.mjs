// node bench/search.mjs FOLDER --keys DIR [--queries 20] [--classes car,sign] [--json FILE]: search by example where classes are
// known. FOLDER: images/ with labels/ (8-bit, 0 void, k = class k) and index.json with `classes` and the lists `train` and `test`, or with
// panoptic/ and COCO's panoptic.json. DIR: keys of dinov2-small-focus by name, made where they are missing: NAME.bin, int32 h, w, d, then
// float32 [h·w, d]. Each query is one connected piece of a class, three patches or more; a place is right where the class covers a
// quarter of its patch or more. Of the best images the first ten count, or as many as others show the class, where these are fewer.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { mean } from '@saltworks/core/metrics/mean';
import { likenessTo, probeOf } from '@saltworks/core/search/probe';
import { spaceOf } from '@saltworks/core/search/space';
import { meansIn, summarise } from '@saltworks/core/search/summary';
import { randomFrom } from '@saltworks/lab/random';
import { env } from '../scripts/setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keys: { type: 'string' },
    queries: { type: 'string', default: '20' },
    classes: { type: 'string' },
    json: { type: 'string' },
  },
});
const [folder] = positionals;
const { names, classes, maskOf } = existsSync(join(folder, 'panoptic.json')) ? openPanoptic() : openLabels();

/** `maskOf`: the class of every pixel. */
function openLabels() {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  return {
    names: [...index.train, ...index.test].sort(),
    classes: index.classes.map((name, k) => ({ id: k + 1, name })),
    async maskOf(name) {
      const { data, width, height } = await decodeImage(readFileSync(join(folder, `labels/${name}.png`)));
      return { width, height, of: Uint16Array.from({ length: width * height }, (_, i) => data[3 * i]) };
    },
  };
}

function openPanoptic() {
  const { annotations, categories } = JSON.parse(readFileSync(join(folder, 'panoptic.json'), 'utf8'));
  const byName = new Map(annotations.map((each) => [each.file_name.replace(/\.\w+$/, ''), each]));
  return {
    names: [...byName.keys()].sort(),
    classes: categories.map(({ id, name }) => ({ id, name })),
    async maskOf(name) {
      const { file_name, segments_info } = byName.get(name);
      const category = new Map(segments_info.map(({ id, category_id }) => [id, category_id]));
      const { ids, width, height } = decodePanoptic(
        await decodeImage(readFileSync(join(folder, 'panoptic', file_name))),
      );
      return { width, height, of: Uint16Array.from(ids, (id) => category.get(id) ?? 0) };
    },
  };
}

let session;
async function keysOf(name) {
  const file = join(values.keys, `${name}.bin`);
  if (!existsSync(file)) {
    session ??= await openSession(await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME }), {
      facet: 'key',
    });
    const picture = readdirSync(join(folder, 'images')).find((one) => one.replace(/\.\w+$/, '') === name);
    const { data, h, w, d } = roundToHalf(
      await session.extract(await decodeImage(readFileSync(join(folder, 'images', picture)))),
    );
    mkdirSync(values.keys, { recursive: true });
    writeFileSync(file, Buffer.concat([Buffer.from(Int32Array.of(h, w, d).buffer), Buffer.from(data.buffer)]));
  }
  const bytes = readFileSync(file);
  const [h, w, d] = [0, 4, 8].map((at) => bytes.readInt32LE(at));
  return {
    h,
    w,
    d,
    data: new Float32Array(bytes.buffer.slice(bytes.byteOffset + 12, bytes.byteOffset + bytes.length)),
  };
}

/** By class: the share of each patch that it covers. */
function sharesOf({ width, height, of }, { h, w }) {
  const shares = new Map();
  const pixels = new Float64Array(h * w);
  for (let i = 0; i < of.length; i++) {
    const row = Math.floor(((Math.floor(i / width) + 0.5) * h) / height);
    const patch = row * w + Math.floor((((i % width) + 0.5) * w) / width);
    pixels[patch]++;
    if (of[i] === 0) continue;
    if (!shares.has(of[i])) shares.set(of[i], new Float64Array(h * w));
    shares.get(of[i])[patch]++;
  }
  for (const list of shares.values()) for (let i = 0; i < list.length; i++) list[i] /= pixels[i];
  return shares;
}

/** Patches that hang together by sides. */
function piecesOf(patches, w) {
  const left = new Set(patches);
  const pieces = [];
  for (const first of patches) {
    if (!left.delete(first)) continue;
    const piece = [first];
    for (const patch of piece) {
      const around = [
        patch - w,
        patch + w,
        ...(patch % w > 0 ? [patch - 1] : []),
        ...((patch + 1) % w > 0 ? [patch + 1] : []),
      ];
      for (const next of around) if (left.delete(next)) piece.push(next);
    }
    pieces.push(piece);
  }
  return pieces;
}

const pictures = [];
let milliseconds = 0;
for (const name of names) {
  const keys = await keysOf(name);
  const shares = sharesOf(await maskOf(name), keys);
  const began = performance.now();
  const summary = summarise(keys);
  milliseconds += performance.now() - began;
  pictures.push({ name, keys, shares, summary });
}
await session?.close();
const means = pictures.map(({ summary }) => meansIn(summary));
const { d } = pictures[0].keys;
const perImage = Math.max(1, Math.floor(4096 / pictures.length));
const rows = means.flatMap((all) => {
  const n = all.length / d;
  const some = Math.min(n, perImage);
  return Array.from({ length: some }, (_, i) =>
    all.subarray(Math.floor(((i + 0.5) * n) / some) * d, (Math.floor(((i + 0.5) * n) / some) + 1) * d),
  );
});
const sample = new Float32Array(rows.length * d);
for (const [i, row] of rows.entries()) sample.set(row, i * d);
const space = spaceOf(sample, d);

const most = (list) => list.reduce((best, value, i) => (value > list[best] ? i : best), 0);
const wanted = values.classes?.split(',');
const lines = [];
for (const { id, name } of classes) {
  if (wanted && !wanted.includes(name)) continue;
  const isRight = (picture, patch) => (picture.shares.get(id)?.[patch] ?? 0) >= 0.25;
  const examples = pictures.flatMap((picture, at) => {
    const covered = [...(picture.shares.get(id) ?? [])];
    const pieces = piecesOf(
      [...covered.keys()].filter((i) => covered[i] >= 0.5),
      picture.keys.w,
    );
    const large = pieces.filter((piece) => piece.length >= 3).sort((a, b) => b.length - a.length);
    return large.length > 0
      ? [{ at, patches: large[Math.floor(randomFrom(`piece ${name} ${picture.name}`)() * large.length)] }]
      : [];
  });
  const holders = pictures.filter((picture) => (picture.shares.get(id) ?? []).some((share) => share >= 0.25)).length;
  if (examples.length === 0 || holders < 2) continue;
  const random = randomFrom(`queries ${name}`);
  const order = examples.map((example) => ({ example, key: random() })).sort((a, b) => a.key - b.key);
  const found = { precision: [], image: [], recall: { 20: [], 50: [], 100: [] } };
  let searching = 0;
  for (const { example } of order.slice(0, Number(values.queries))) {
    const probe = probeOf(pictures[example.at].keys, example.patches, space);
    const began = performance.now();
    const scored = pictures.flatMap((picture, at) => {
      if (at === example.at) return [];
      const likeness = likenessTo(probe, space, picture.keys.data);
      const patch = most(likeness);
      return [{ at, patch, score: likeness[patch], brief: Math.max(...likenessTo(probe, space, means[at])) }];
    });
    searching += performance.now() - began;
    const top = [...scored].sort((a, b) => b.score - a.score).slice(0, Math.min(10, holders - 1));
    found.precision.push(mean(top.map(({ at, patch }) => (isRight(pictures[at], patch) ? 1 : 0))));
    found.image.push(
      mean(top.map(({ at }) => ((pictures[at].shares.get(id) ?? []).some((share) => share >= 0.25) ? 1 : 0))),
    );
    const briefly = [...scored].sort((a, b) => b.brief - a.brief);
    for (const [m, list] of Object.entries(found.recall)) {
      const named = new Set(briefly.slice(0, Number(m)).map(({ at }) => at));
      list.push(mean(top.map(({ at }) => (named.has(at) ? 1 : 0))));
    }
  }
  const patches = pictures.reduce((sum, { keys }) => sum + keys.h * keys.w, 0);
  const right = pictures.reduce(
    (sum, picture) => sum + [...(picture.shares.get(id) ?? [])].filter((share) => share >= 0.25).length,
    0,
  );
  const line = {
    ...{ class: name, queries: found.precision.length, images: pictures.length, holders },
    precision: mean(found.precision),
    random: right / patches,
    image: mean(found.image),
    randomImage: holders / pictures.length,
    recall: Object.fromEntries(Object.entries(found.recall).map(([m, list]) => [m, mean(list)])),
    milliseconds: searching / found.precision.length,
  };
  lines.push(line);
  console.log(JSON.stringify(line));
}
const summaryBytes = mean(pictures.map(({ summary }) => summary.data.length + 4 * summary.scales.length));
const all = {
  precision: mean(lines.map(({ precision }) => precision)),
  random: mean(lines.map(({ random }) => random)),
  recall: Object.fromEntries([20, 50, 100].map((m) => [m, mean(lines.map(({ recall }) => recall[m]))])),
};
console.log(JSON.stringify({ ...all, summaryBytes, summariseMs: milliseconds / pictures.length }));
if (values.json) writeFileSync(values.json, JSON.stringify({ lines, ...all }));

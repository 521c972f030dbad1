// node bench/codecs.mjs: what each way to keep keys costs, on all of ../shared/data: bytes, time, quality, corrections. Ctrl-C
// ends it with the figures of the images so far, which are spread evenly over each set.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { codecPattern } from '@saltworks/contract/kinds';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys, encodeKeys } from '@saltworks/core/formats/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { overlaps } from '@saltworks/core/metrics/overlaps';
import { presets } from '@saltworks/core/options';
import { heldPixels } from '@saltworks/core/refine/held';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { correct, openImage } from '@saltworks/lab/protocols/corrections';
import { ideal } from '@saltworks/lab/robots/corrector';
import { env } from '../scripts/setup.mjs';
import { haveData, load, sets } from './data.mjs';
import { clock, median as middle } from './measure.mjs';

const median = (values) => middle(values.toSorted((a, b) => a - b));
const usage =
  'expected --codecs A,B,…, --preset NAME, --sets A,B, --limit or --corrections IMAGES a set, --json FILE, --fresh FOLDER to keep keys in';

function flags(args) {
  const out = {
    codecs: ['float16', 'int8', 'pca-128', 'pca-64', 'pca-32', 'pca-16'],
    preset: 'best',
    only: Object.keys(sets),
    limit: Number.POSITIVE_INFINITY,
    corrections: 0,
  };
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value = ''] = [args[i], args[i + 1]];
    if (flag === '--codecs' && value.split(',').every((codec) => codecPattern.test(codec))) {
      out.codecs = [...new Set(['float16', ...value.split(',')])];
    } else if (flag === '--sets' && value.split(',').every((set) => sets[set])) out.only = value.split(',');
    else if (flag === '--preset' && presets[value]) out.preset = value;
    else if (flag === '--limit' && Number(value) > 0) out.limit = Number(value);
    else if (flag === '--corrections' && Number(value) >= 0) out.corrections = Number(value);
    else if (flag === '--json' && value) out.json = value;
    else if (flag === '--fresh' && value) out.fresh = value;
    else {
      console.error(`codecs: ${flag} ${value}; ${usage}`);
      process.exit(2);
    }
  }
  return out;
}

const { codecs, preset, only, limit, corrections, json, fresh } = flags(process.argv.slice(2));
const options = presets[preset];
if (!haveData) {
  console.log('codecs: skipped, there is no ../shared/data');
  process.exit(0);
}
const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
let session;
const figures = { date: new Date().toISOString().slice(0, 10), images: {}, corrected: {}, codecs: {} };

let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});

/** Names in an order of which every beginning is spread evenly: by multiples of the golden ratio. */
const spread = (names) =>
  names
    .map((name, i) => [(i * 0.6180339887) % 1, name])
    .sort(([a], [b]) => a - b)
    .map(([, name]) => name);

for (const set of only) {
  const chosen = spread(sets[set]).slice(0, limit);
  let counted = 0;
  const rows = Object.fromEntries(
    codecs.map((codec) => [
      codec,
      { iou: [], dice: [], differ: [], bytes: [], encode: [], decode: [], open: [], dots: [] },
    ]),
  );
  for (const [i, name] of chosen.entries()) {
    if (stopped) break;
    const { image, truth, ignore, raster } = await load(name);
    const { width, height } = image;
    const keys = await freshKeys(name, image);
    const origin = { backbone: spec.id, layer: 11, facet: 'key', image: { width, height }, imageSha256: '' };
    let reference;
    for (const [codec, row] of Object.entries(rows)) {
      let [file, kept, solver] = [];
      row.encode.push(clock(() => (file = encodeKeys(keys, origin, codec))));
      row.decode.push(clock(() => (kept = decodeKeys(file).keys)));
      row.open.push(clock(() => (solver = openFast(image, kept, options))));
      row.bytes.push(file.length);
      const nodes = solver.solve(seedNodes(raster, 2 * keys.h, 2 * keys.w));
      const mask = solver.refine(nodes, heldPixels(raster, options));
      reference ??= mask;
      const found = overlaps(mask, truth, ignore);
      row.iou.push(mean(found.map(({ iou }) => iou)));
      row.dice.push(mean(found.map(({ dice }) => dice)));
      row.differ.push(mask.ids.reduce((sum, id, p) => sum + (id === reference.ids[p] ? 0 : 1), 0) / mask.ids.length);
      if (i < corrections) row.dots.push(await corrected({ image, truth, ignore, raster }, kept));
    }
    counted++;
    if (process.stderr.isTTY) process.stderr.write(`\r${set} ${i + 1}/${chosen.length} `);
  }
  if (counted === 0) continue;
  figures.images[set] = counted;
  figures.corrected[set] = Math.min(counted, corrections);
  for (const [codec, { iou, dice, differ, bytes, encode, decode, open, dots }] of Object.entries(rows)) {
    figures.codecs[codec] ??= {};
    figures.codecs[codec][set] = {
      mIoU: mean(iou),
      dice: mean(dice),
      /** The largest loss of one image. */
      worst: Math.max(...dice.map((value, i) => rows.float16.dice[i] - value)),
      differ: mean(differ),
      bytes: mean(bytes),
      encode: median(encode),
      decode: median(decode),
      open: median(open),
      ...(dots.length > 0 && { corrections: correctionsOf(dots) }),
    };
  }
}
await session?.close();

/** What the lab's ideal annotator takes from the strokes on. */
async function corrected(one, keys) {
  const settings = { budget: 10, bar: 0.85 };
  return (await correct(one, one.raster, openImage(one, keys, options), ideal, settings, Math.random)).counts;
}

/** mIoU after 0, 1, 2 … dots, dots a segment, and images in which they sufficed. */
function correctionsOf(counts) {
  return {
    mIoU: Array.from({ length: 13 }, (_, n) => mean(counts.map(({ curve }) => curve[n]))),
    dotsPerSegment: mean(counts.map(({ per_segment }) => per_segment)),
    sufficed: counts.filter(({ sufficed }) => sufficed).length,
  };
}

/** Keys as they leave the backbone, float32; kept in a folder between runs if one is given. */
async function freshKeys(name, image) {
  const path = fresh && join(fresh, `${name}.f32`);
  if (path && existsSync(path)) {
    const bytes = readFileSync(path);
    const [h, w, d] = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 12));
    return {
      data: new Float32Array(bytes.buffer.slice(bytes.byteOffset + 12, bytes.byteOffset + bytes.length)),
      h,
      w,
      d,
    };
  }
  session ??= await openSession(spec, { facet: 'key' });
  const { data, h, w, d } = await session.extract(image);
  if (path) {
    mkdirSync(fresh, { recursive: true });
    writeFileSync(path, Buffer.concat([Buffer.from(Uint32Array.of(h, w, d).buffer), Buffer.from(data.buffer)]));
  }
  return { data, h, w, d };
}

const columns = Object.keys(figures.images);
const heads = columns.map(
  (set) => `${set} (${figures.images[set]} images): mIoU · Dice · worst image · pixels that differ`,
);
console.log(`\n| codec | ${heads.join(' | ')} | KB an image | encode · decode · open, ms |`);
console.log(`| --- |${columns.map(() => ' --- |').join('')} --- | --- |`);
for (const [codec, bySet] of Object.entries(figures.codecs)) {
  const cells = columns.map((set) => {
    const { mIoU, dice, worst, differ } = bySet[set];
    return `${mIoU.toFixed(4)} · ${dice.toFixed(4)} · ${(-worst).toFixed(3)} · ${(100 * differ).toFixed(2)} %`;
  });
  const over = (pick) => mean(columns.map((set) => pick(bySet[set])));
  const times = ['encode', 'decode', 'open'].map((step) => over((row) => row[step]).toFixed(1));
  console.log(
    `| ${codec} | ${cells.join(' | ')} | ${over((row) => row.bytes / 1000).toFixed(0)} | ${times.join(' · ')} |`,
  );
}
if (corrections > 0) {
  console.log(
    `\n| codec | ${columns.map((set) => `${set} (${figures.corrected[set]} images): mIoU after 0 · 3 · 12 dots; dots a segment; done`).join(' | ')} |`,
  );
  console.log(`| --- |${columns.map(() => ' --- |').join('')}`);
  for (const [codec, bySet] of Object.entries(figures.codecs)) {
    const cells = columns.map((set) => {
      const { mIoU, dotsPerSegment, sufficed } = bySet[set].corrections;
      return `${[0, 3, 12].map((n) => mIoU[n].toFixed(3)).join(' · ')}; ${dotsPerSegment.toFixed(2)}; ${sufficed}`;
    });
    console.log(`| ${codec} | ${cells.join(' | ')} |`);
  }
}
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

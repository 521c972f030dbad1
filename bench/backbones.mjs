// node bench/backbones.mjs NAME|FILE … : masks from the keys of several backbones, or of several exports of one, on all of
// ../shared/data, beside the first of them. NAME@overlap and NAME@stride measure the ×2 grid instead of interpolating it.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { meanCosine } from '@saltworks/backbone/session/cosine';
import { openSession } from '@saltworks/backbone/session/session';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { overlaps } from '@saltworks/core/metrics/overlaps';
import { presets } from '@saltworks/core/options';
import { segment } from '@saltworks/core/segment';
import { env } from '../scripts/setup.mjs';
import { haveData, load, sets } from './data.mjs';

const { json, limit, files } = flags(process.argv.slice(2));
if (!haveData) {
  console.log('backbones: skipped, there is no ../shared/data');
  process.exit(0);
}
const contenders = [];
for (const file of files) {
  const [, nameOrFile, upsample = 'linear'] = file.match(/^(.*?)(?:@(overlap|stride))?$/);
  contenders.push({
    name: basename(file, '.onnx'),
    spec: await resolveBackbone(nameOrFile, { home: env.SALTWORKS_HOME }),
    upsample,
  });
}
/** The first contender's keys, by image. */
const firsts = new Map();

/** By set and contender: of every image mIoU, Dice, seconds of the keys, cosine of the keys with the first contender's. */
const figures = {};
for (const [set, names] of Object.entries(sets)) {
  figures[set] = {};
  for (const { name, spec, upsample } of contenders) {
    const session = await openSession(spec, { facet: 'key' });
    const rows = { mIoU: [], dice: [], seconds: [], cosine: [] };
    for (const [i, image] of names.slice(0, limit).entries()) {
      await measure(session, upsample, { set, image, rows });
      if (process.stderr.isTTY) process.stderr.write(`\r${set} ${name} ${i + 1}/${names.length} `);
    }
    await session.close();
    figures[set][name] = Object.fromEntries(Object.entries(rows).map(([key, values]) => [key, mean(values)]));
    console.error(`${set} ${name}: ${JSON.stringify(figures[set][name])}`);
  }
}

async function measure(session, upsample, { set, image: name, rows }) {
  const { image, truth, ignore, raster } = await load(name);
  const start = performance.now();
  const keys = roundToHalf(await session.extract(image, { doubling: upsample === 'linear' ? undefined : upsample }));
  rows.seconds.push((performance.now() - start) / 1000);
  const options = { ...presets.best, upsample: upsample === 'linear' ? 'linear' : 'none' };
  const { mask } = segment(image, keys, raster, options);
  const found = overlaps(mask, truth, ignore);
  rows.mIoU.push(mean(found.map(({ iou }) => iou)));
  rows.dice.push(mean(found.map(({ dice }) => dice)));
  const id = `${set}/${name}`;
  const first = firsts.get(id);
  if (!first) firsts.set(id, keys);
  rows.cosine.push(meanCosine((first ?? keys).data, keys.data, keys.d));
}

const columns = Object.keys(figures);
console.log(`| keys | ${columns.map((set) => `${set}: mIoU · Dice · s/image · cosine`).join(' | ')} |`);
console.log(`| --- |${columns.map(() => ' --- |').join('')}`);
for (const { name } of contenders) {
  const cells = columns.map((set) => {
    const { mIoU, dice, seconds, cosine } = figures[set][name];
    return `${mIoU.toFixed(4)} · ${dice.toFixed(4)} · ${seconds.toFixed(2)} · ${cosine.toFixed(5)}`;
  });
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

function flags(args) {
  const out = { limit: Number.POSITIVE_INFINITY, files: [] };
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === '--json') out.json = args.shift();
    else if (arg === '--limit') out.limit = Number(args.shift());
    else out.files.push(arg);
  }
  if (out.files.length === 0 || !(out.limit > 0)) {
    console.error('backbones: expected NAME|FILE …, and perhaps --json FILE and --limit IMAGES a set');
    process.exit(2);
  }
  return out;
}

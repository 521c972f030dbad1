// node bench/corpus.mjs FOLDER [--images 10,40] [--choices 3] [--every 1] [--json FILE]: what strokes on some images of one kind
// teach about others: while nobody has touched them, and where those have strokes of their own (`alone` and `heard`: without and with
// the corpus' opinion). FOLDER: images/, labels/ (8-bit, 0 void, k = class k), scribbles/, and index.json
// with `classes` and the lists `train` and `test`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { Arena } from '@saltworks/core/arena/arena';
import { classifierOf, classify, corpusDefaults } from '@saltworks/core/corpus/classifier';
import { teach } from '@saltworks/core/corpus/fast/statistics';
import { lessonOf } from '@saltworks/core/corpus/lesson';
import { opinionOf } from '@saltworks/core/corpus/opinion-of';
import { addStatistics, noStatistics } from '@saltworks/core/corpus/statistics';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { mean } from '@saltworks/core/metrics/mean';
import { solveOptions } from '@saltworks/core/options';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { segment } from '@saltworks/core/segment';
import { randomFrom } from '@saltworks/lab/random';
import { env } from '../scripts/setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: 'string', default: '10,40' },
    choices: { type: 'string', default: '3' },
    every: { type: 'string', default: '1' },
    ridge: { type: 'string', default: String(corpusDefaults.ridge) },
    balance: { type: 'string', default: String(corpusDefaults.balance) },
    sharpness: { type: 'string', default: String(corpusDefaults.sharpness) },
    json: { type: 'string' },
  },
});
const [folder] = positionals;
const [every, choices] = [values.every, values.choices].map(Number);
const settings = Object.fromEntries(Object.keys(corpusDefaults).map((name) => [name, Number(values[name])]));
const { classes, train, test } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
const c = classes.length;
const ids = classes.map((_, k) => k + 1);
const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
const options = solveOptions('best', spec);
const session = await openSession(spec, { facet: 'key' });
const pictureOf = async (name) => {
  const image = await decodeImage(readFileSync(join(folder, `images/${name}.jpg`)));
  return { image, keys: roundToHalf(await session.extract(image)) };
};

const sizes = values.images.split(',').map(Number);
const chosen = sizes.flatMap((size) =>
  Array.from({ length: choices }, (_, choice) => ({ size, names: drawnFrom(`corpus ${size} ${choice}`, size) })),
);

/** An image's own statistics: a choice's are their sum. */
const taught = new Map();
let milliseconds = 0;
for (const name of new Set(chosen.flatMap(({ names }) => names))) {
  const { image, keys } = await pictureOf(name);
  const { raster } = readScribbles(readFileSync(join(folder, `scribbles/${name}.json`)), '.json', image);
  const { mask, nodes } = segment(image, keys, raster, options);
  const start = performance.now();
  const own = noStatistics(keys.d, c);
  teach(own, keys.data, lessonOf(mask, nodes, keys, new Map(ids.map((id, k) => [id, k])), c));
  milliseconds += performance.now() - start;
  taught.set(name, own);
}
const d = [...taught.values()][0].d;
/** No strokes: scores interpolated, and refined. Strokes of its own: without the corpus, and with it. */
const stages = ['patches', 'pixels', 'alone', 'heard'];
const runs = chosen.map(({ size, names }) => {
  const all = noStatistics(d, c);
  for (const name of names) addStatistics(all, taught.get(name));
  const start = performance.now();
  const classifier = classifierOf(all, settings);
  const solved = performance.now() - start;
  return {
    size,
    classifier,
    solved,
    counts: Object.fromEntries(stages.map((stage) => [stage, new Float64Array(c * c)])),
  };
});

const unseen = test.filter((_, i) => i % every === 0);
const categoryOf = (segment) => (segment > 0 ? segment - 1 : undefined);
const plain = { ...options, refine: 'none', colourLikelihood: 0, majority: 0, leastPart: 0 };
for (const name of unseen) {
  const { image, keys } = await pictureOf(name);
  const truth = (await decodeImage(readFileSync(join(folder, `labels/${name}.png`)))).data.filter(
    (_, i) => i % 3 === 0,
  );
  const refiners = {
    patches: openRefiner(new Arena(), image, plain),
    pixels: openRefiner(new Arena(), image, options),
  };
  const file = join(folder, `scribbles/${name}.json`);
  const raster = existsSync(file) ? readScribbles(readFileSync(file), '.json', image).raster : undefined;
  const drawn = (beside) => segment(image, keys, raster, options, undefined, beside).mask.ids;
  const alone = raster && drawn();
  for (const { classifier, counts } of runs) {
    const note = (stage, found) =>
      truth.forEach((id, i) => {
        if (id > 0) counts[stage][(id - 1) * c + found[i] - 1]++;
      });
    const scores = classify(classifier, keys, ids, settings);
    for (const [stage, refiner] of Object.entries(refiners)) note(stage, refiner.refine(scores).ids);
    if (!raster) continue;
    note('alone', alone);
    note('heard', drawn({ opinion: opinionOf(classifier, keys, options, categoryOf, settings) }));
  }
}
await session.close();

const figures = sizes.map((size) => ({
  images: size,
  ...Object.fromEntries(
    stages.map((stage) => {
      const each = runs.filter((run) => run.size === size).map(({ counts }) => figuresOf(counts[stage]));
      return [
        stage,
        {
          right: mean(each.map(({ right }) => right)),
          miou: mean(each.map(({ miou }) => miou)),
          iou: Object.fromEntries(classes.map((name, k) => [name, mean(each.map(({ iou }) => iou[k]))])),
        },
      ];
    }),
  ),
}));
const report = {
  ...{ settings, choices, unseen: unseen.length, figures },
  teach_ms: milliseconds / taught.size,
  solve_ms: mean(runs.map(({ solved }) => solved)),
};
console.log(JSON.stringify(report, (_, value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value), 1));
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);

/** Distinct train images, by a seed. */
function drawnFrom(seed, size) {
  const random = randomFrom(seed);
  const left = [...train];
  return Array.from({ length: size }, () => left.splice(Math.floor(random() * left.length), 1)[0]);
}

/** @param counts pixels by class of the truth and of the mask, `[c, c]` */
function figuresOf(counts) {
  const sum = (place) => ids.reduce((total, _, j) => total + counts[place(j)], 0);
  const iou = ids.map(
    (_, k) => counts[k * c + k] / (sum((j) => k * c + j) + sum((j) => j * c + k) - counts[k * c + k]),
  );
  const right = sum((k) => k * c + k) / counts.reduce((total, count) => total + count, 0);
  return { right, miou: mean(iou), iou };
}

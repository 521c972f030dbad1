// node bench/corpus-order.mjs FOLDER [--seeds 3] [--first 0] [--half 0|1] [--targets all|train] [--json FILE]: what the order of labelling is
// worth. Each seed begins with four train images by chance; the rest follow by chance, or as core's corpus/next.ts chooses, from a
// model that is taught anew at every number of images. Only train images are chosen; what is to be known are all that nobody drew
// on, test images included (by their keys alone), or train images. Right: pixels of test images (half 0 or 1: every second one), a
// class for each patch. FOLDER: as of bench/corpus.mjs.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { classifierOf, classify } from '@saltworks/core/corpus/classifier';
import { addUnsure, briefOf, chooseNext, openDesign } from '@saltworks/core/corpus/next';
import { addStatistics, noStatistics } from '@saltworks/core/corpus/statistics';
import { mean } from '@saltworks/core/metrics/mean';
import { randomFrom } from '@saltworks/lab/random';
import { openCorpus } from './corpus-lessons.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '3' },
    first: { type: 'string', default: '0' },
    half: { type: 'string' },
    targets: { type: 'string', default: 'all' },
    json: { type: 'string' },
  },
});
const [seeds, first] = [values.seeds, values.first].map(Number);
const sizes = [4, 10, 20, 28, 40];
const { classes, taught, unseen } = await openCorpus(positionals[0]);
const c = classes.length;
const labels = [...classes.keys()];
const judged = unseen.filter((_, i) => values.half === undefined || i % 2 === Number(values.half)).map(withCounts);

const orders = { random: (shuffled) => shuffled, chosen: inRounds };
const curves = Object.fromEntries(Object.keys(orders).map((name) => [name, []]));
for (let seed = first; seed < first + seeds; seed++) {
  const shuffled = shuffle(seed);
  for (const [name, orderOf] of Object.entries(orders)) {
    const order = orderOf(shuffled);
    curves[name].push(sizes.map((size) => judge(modelOf(order.slice(0, size)))));
    console.error(seed, name);
  }
}
const report = Object.fromEntries(
  Object.entries(curves).map(([name, each]) => [
    name,
    sizes.map((images, i) => ({
      images,
      right: mean(each.map((curve) => curve[i].right)),
      miou: mean(each.map((curve) => curve[i].miou)),
      iou: Object.fromEntries(classes.map((of, k) => [of, mean(each.map((curve) => curve[i].iou[k]))])),
      each: each.map((curve) => [curve[i].right, curve[i].miou]),
    })),
  ]),
);
const rounded = (_, value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value);
const text = JSON.stringify({ seeds, first, targets: values.targets, unseen: judged.length, ...report }, rounded, 1);
console.log(text);
if (values.json) writeFileSync(values.json, `${text}\n`);

function modelOf(images) {
  const all = noStatistics(images[0].own.d, c);
  for (const { own } of images) addStatistics(all, own);
  return { all, classifier: classifierOf(all) };
}

/** Four by chance; at every number of images, the next ones. */
function inRounds(shuffled) {
  const order = shuffled.slice(0, sizes[0]);
  for (const size of sizes.slice(1)) {
    const { all, classifier } = modelOf(order);
    const design = openDesign(all);
    const brief = (image) => ({ image, ...briefOf(design, image.keys, classify(classifier, image.keys, labels)) });
    const waiting = taught.filter((image) => !order.includes(image)).map(brief);
    const unsure = new Float64Array(waiting[0].unsure.length);
    for (const one of waiting) addUnsure(unsure, one);
    if (values.targets === 'all') for (const image of unseen) addUnsure(unsure, brief(image));
    order.push(...chooseNext(waiting, unsure, size - order.length).map(({ image }) => image.image));
  }
  return order;
}

function shuffle(seed) {
  const random = randomFrom(`order ${seed}`);
  const left = [...taught];
  return taught.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
}

/** With pixels of each class in each patch, `[h·w, c]`. */
function withCounts({ keys, truth }) {
  const { h, w } = keys;
  const { ids, width, height } = truth;
  const counts = new Float64Array(h * w * c);
  ids.forEach((id, i) => {
    if (id === 0 || id > c) return;
    const row = Math.floor(((Math.floor(i / width) + 0.5) * h) / height);
    counts[(row * w + Math.floor((((i % width) + 0.5) * w) / width)) * c + id - 1]++;
  });
  return { keys, counts };
}

function judge({ classifier }) {
  const table = new Float64Array(c * c);
  for (const { keys, counts } of judged) {
    const { data } = classify(classifier, keys, labels);
    for (let patch = 0; patch < keys.h * keys.w; patch++) {
      let best = 0;
      for (let k = 1; k < c; k++) if (data[patch * c + k] > data[patch * c + best]) best = k;
      for (let k = 0; k < c; k++) table[k * c + best] += counts[patch * c + k];
    }
  }
  const sum = (place) => labels.reduce((total, j) => total + table[place(j)], 0);
  const iou = labels.map((k) => table[k * c + k] / (sum((j) => k * c + j) + sum((j) => j * c + k) - table[k * c + k]));
  const all = table.reduce((total, count) => total + count, 0);
  return { right: labels.reduce((total, k) => total + table[k * c + k], 0) / all, miou: mean(iou), iou };
}

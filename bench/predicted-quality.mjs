/**
 * Fits the curve of `predictedQuality` (core/src/help/quality.ts) to rows of protocol `help`, every image counting as much, and
 * says how well it foretells images that it was not fitted to:
 *
 *   saltworks eval DATASET --protocol help --out RUN
 *   node bench/predicted-quality.mjs RUN …
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Images are held out in as many parts. */
const folds = 8;

const runs = process.argv.slice(2);
if (runs.length === 0) {
  console.error('no run; expected folders of saltworks eval --protocol help');
  process.exit(2);
}
const rows = runs.flatMap((run) =>
  readFileSync(join(run, 'rows/help.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)),
);
const states = rows.flatMap(({ image, help: { curve = [], expected = [] } }) =>
  curve.map((iou, n) => ({ image, iou, x: logit(expected[n]) })),
);
const images = [...new Set(states.map(({ image }) => image))];
for (const image of images) {
  const own = states.filter((state) => state.image === image);
  for (const state of own) state.weight = 1 / own.length;
}

const told = images.flatMap((_, fold) => {
  if (fold >= folds) return [];
  const out = new Set(images.filter((_, i) => i % folds === fold));
  const curve = logistic(states.filter(({ image }) => !out.has(image)));
  return states.filter(({ image }) => out.has(image)).map((state) => ({ ...state, told: at(curve, state.x) }));
});
const [intercept, slope] = logistic(states);
console.log(`${images.length} images, ${states.length} masks`);
console.log(`intercept ${intercept.toFixed(2)}, slope ${slope.toFixed(2)}`);
const error = mean(told.map((state) => [Math.abs(state.told - state.iou), state.weight]));
console.log(
  `held out in ${folds} parts: correlation ${correlation(told).toFixed(3)}, mean difference ${error.toFixed(3)}`,
);

function logit(share) {
  const p = Math.min(Math.max(share, 1e-3), 1 - 1e-3);
  return Math.log(p / (1 - p));
}

function at([intercept, slope], x) {
  return 1 / (1 + Math.exp(-(intercept + slope * x)));
}

/** Logistic regression of a share, by Newton's method. */
function logistic(states) {
  let [a, b] = [0, 1];
  for (let step = 0; step < 20; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 0, 0, 0];
    for (const { x, iou, weight } of states) {
      const p = at([a, b], x);
      const [g, h] = [weight * (iou - p), weight * p * (1 - p)];
      ga += g;
      gb += g * x;
      haa += h;
      hab += h * x;
      hbb += h * x * x;
    }
    const det = haa * hbb - hab * hab;
    a += (hbb * ga - hab * gb) / det;
    b += (haa * gb - hab * ga) / det;
  }
  return [a, b];
}

function mean(pairs) {
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  return pairs.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
}

function correlation(states) {
  const of = (value) => mean(states.map((state) => [value(state), state.weight]));
  const [iou, told] = [of((state) => state.iou), of((state) => state.told)];
  const both = of((state) => (state.iou - iou) * (state.told - told));
  return both / Math.sqrt(of((state) => (state.iou - iou) ** 2) * of((state) => (state.told - told) ** 2));
}

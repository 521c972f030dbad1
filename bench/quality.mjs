// npm run quality: what the lab measures of masks, fewer seeds and corrections (docs/eval.md), and beside it what it does not:
// the stages of `best` one by one, the distance of `paper` from its references, and the agreement of kernels with their plain
// TypeScript, on all of ../shared/data.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { Arena } from '@saltworks/core/arena/arena';
import { openFast } from '@saltworks/core/fast/solver';
import { interpolateLinear } from '@saltworks/core/image/interpolate';
import { mean } from '@saltworks/core/metrics/mean';
import { overlaps } from '@saltworks/core/metrics/overlaps';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { unaryFromScores } from '@saltworks/core/refine/crf';
import { startMeanField } from '@saltworks/core/refine/fast/crf';
import { buildPairwise } from '@saltworks/core/refine/fast/lattice';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { likeness, prepareWalk } from '@saltworks/core/walk/walk';
import { cachedKeys, openExtractor } from '@saltworks/lab/keys/cache';
import { protocolOf } from '@saltworks/lab/protocols/list';
import { runEvaluation } from '@saltworks/lab/run';
import { CODE_VERSION } from '@saltworks/store/builds/mask-names';
import { env } from '../scripts/setup.mjs';
import { agreement, sumUp } from './agreement.mjs';
import { dataFolder, haveData, load, sets } from './data.mjs';
import { spreadJob, startPeer } from './peer.mjs';

const { paper, best } = presets;
/** The start of each row, and its way to pixels: `paper` without its CRF, and `best` without its last stages. */
const rows = {
  'paper, nodes': ['paper', { ...paper, refine: 'none' }],
  'kernel ridge, interpolated': ['ridge', { ...best, refine: 'none', colourLikelihood: 0 }],
  '+ random walk': ['best', { ...best, refine: 'none', colourLikelihood: 0 }],
  '+ colour likelihood': ['best', { ...best, refine: 'none' }],
};

function flags(args) {
  const out = { limit: Number.POSITIVE_INFINITY, peers: 12, agreement: 0, corrections: 0 };
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = [args[i], args[i + 1]];
    if (flag === '--json' && value) out.json = value;
    else if (flag === '--limit' && Number(value) > 0) out.limit = Number(value);
    else if (flag === '--peers' && Number(value) >= 0) out.peers = Number(value);
    else if (flag === '--agreement' && Number(value) >= 0) out.agreement = Number(value);
    else if (flag === '--corrections' && Number(value) >= 0) out.corrections = Number(value);
    else {
      console.error(
        `quality: ${flag} ${value ?? ''}; expected --json FILE, and --limit, --peers, --agreement or --corrections IMAGES a set`,
      );
      process.exit(2);
    }
  }
  return out;
}

const { json, limit, peers, agreement: agreeing, corrections: correcting } = flags(process.argv.slice(2));
if (!haveData) {
  console.log('quality: skipped, there is no ../shared/data');
  process.exit(0);
}
const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
const keysFolder = join(env.SALTWORKS_HOME, 'lab');
const peer = peers > 0 ? await startPeer() : undefined;
if (peer && !peer.versions.pydensecrf2)
  throw new Error('no pydensecrf to compare with; expected a C++ compiler, or --peers 0');
const tell = (line) => process.stderr.isTTY && process.stderr.write(`\r${line} `);

/** @returns the lab's figures, by protocol, variant and source */
async function evaluated(protocols, images, more = {}) {
  const out = mkdtempSync(join(tmpdir(), 'saltworks-quality-'));
  try {
    const { figures } = await runEvaluation({
      ...{ folder: dataFolder, out, spec, installed: [], preset: 'best', budget: 10, bar: 0.85, seed: 0 },
      ...{
        protocols: protocols.map(protocolOf),
        keys: keysFolder,
        code: CODE_VERSION,
        threads: availableParallelism(),
      },
      ...(Number.isFinite(images) && { limit: images * Object.keys(sets).length }),
      onProgress: (stage, done, total) => tell(`${stage} ${done}/${total}`),
      onNote: (line) => console.error(`quality: ${line}`),
      ...more,
    });
    return figures;
  } finally {
    rmSync(out, { recursive: true });
  }
}

const figures = {
  date: new Date().toISOString().slice(0, 10),
  // With a peer, the lab measures `paper`, too.
  masks: await evaluated(['strokes', 'sparse', 'one-patch'], limit, { peers: { names: ['nearest seed'] } }),
  corrections: correcting > 0 ? await evaluated(['corrections'], correcting) : [],
  images: {},
  seeds: {},
  stages: {},
  exactness: [],
  agreement: [],
};

const extractor = openExtractor(keysFolder, { spec, installed: [] }, [{}]);
for (const [set, names] of Object.entries(sets)) {
  const scores = Object.fromEntries(Object.keys(rows).map((row) => [row, { iou: [], dice: [] }]));
  const chosen = names.slice(0, limit);
  const every = (count) => Math.max(1, Math.ceil(chosen.length / count));
  const counts = [];
  for (const [i, name] of chosen.entries()) {
    const one = await load(name);
    const { image, truth, ignore, raster } = one;
    await extractor.add(one);
    const keys = await cachedKeys(keysFolder, { spec, installed: [] }, one, {});
    const seeds = seedNodes(raster, 2 * keys.h, 2 * keys.w);
    const solvers = { paper: openFast(image, keys, paper), best: openFast(image, keys, best) };
    counts.push(seeds.nodes.filter((label) => label >= 0).length);
    const nodes = {
      paper: solvers.paper.solve(seeds),
      best: solvers.best.solve(seeds),
      ridge: ridgeNodes(prepareWalk(keys, image, best), seeds),
    };
    for (const [row, [start, options]] of Object.entries(rows)) {
      const found = overlaps(openRefiner(new Arena(), image, options).refine(nodes[start]), truth, ignore);
      scores[row].iou.push(mean(found.map(({ iou }) => iou)));
      scores[row].dice.push(mean(found.map(({ dice }) => dice)));
    }
    if (peer && i % every(peers) === 0) {
      figures.exactness.push({ name, ...(await compare(image, keys, seeds, solvers.paper)) });
    }
    if (agreeing && i % every(agreeing) === 0)
      figures.agreement.push({ name, ...(await agreement(image, keys, raster)) });
    tell(`${set} ${i + 1}/${chosen.length}`);
  }
  figures.images[set] = chosen.length;
  figures.stages[set] = Object.fromEntries(
    Object.entries(scores).map(([row, { iou, dice }]) => [row, { mIoU: mean(iou), dice: mean(dice) }]),
  );
  figures.seeds[set] = quantiles(counts);
}
peer?.stop();
await extractor.close();

/** The scores of nodes from which the walk starts. */
function ridgeNodes(graph, seeds) {
  const { h, w } = graph;
  const c = seeds.labels.length;
  const planes = likeness(graph, seeds);
  const data = new Float32Array(planes.length);
  planes.forEach((score, i) => {
    data[(i % (h * w)) * c + Math.floor(i / (h * w))] = score;
  });
  return { data, h, w, labels: seeds.labels };
}

function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return { least: at(0), median: at(0.5), ninety: at(0.9), most: at(1) };
}

/** Our answer against scikit-learn's and pydensecrf's on the same nodes and the same unary. */
async function compare(image, keys, seeds, solver) {
  const nodes = solver.solve(seeds);
  const c = seeds.labels.length;
  const fit = await peer.spread(spreadJob(keys, solver, seeds, paper.alpha));
  const unary = unaryFromScores(interpolateLinear(nodes.data, nodes.h, nodes.w, c, image.height, image.width));
  const { marginals } = await peer.crf({ image, unary, c, ...paper.crf });
  const q = marginalsOf(image, unary, c);
  return {
    scores: farthest(nodes.data, fit.scores),
    nodeLabels: equal(argmax(nodes.data, c), argmax(fit.scores, c)),
    marginals: farthest(q, marginals),
    pixelLabels: equal(argmax(q, c), argmax(marginals, c)),
  };
}

function marginalsOf(image, unary, c) {
  const arena = new Arena();
  const field = startMeanField(arena, buildPairwise(arena, image, paper.crf), arena.put(unary), c);
  field.run(paper.crf.steps);
  const out = arena.reserve(4 * unary.length);
  field.marginals(out);
  return arena.floats(out, unary.length).slice();
}

function farthest(a, b) {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

function equal(a, b) {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) count++;
  return count / a.length;
}

const columns = Object.keys(figures.images);
const both = ({ miou, dice }) => `${miou.toFixed(4)} · ${dice.toFixed(4)}`;

/** A line a variant of the lab. */
function tellVariants(found, title, cell) {
  console.log(`\n| ${[title, ...columns].join(' | ')} |\n| --- |${columns.map(() => ' --- |').join('')}`);
  const variants = new Map(found.map(({ protocol, variant }) => [`${protocol}: ${variant}`, { protocol, variant }]));
  for (const [name, { protocol, variant }] of variants) {
    const cells = columns.map((set) => {
      const own = found.find((one) => one.protocol === protocol && one.variant === variant && one.source === set);
      return own ? cell(own.figures) : '–';
    });
    console.log(`| ${[name, ...cells].join(' | ')} |`);
  }
}

tellVariants(figures.masks, 'mIoU · Dice', both);
console.log(`\n| stages, all seeds | ${columns.join(' | ')} |\n| --- |${columns.map(() => ' --- |').join('')}`);
for (const row of Object.keys(rows)) {
  const cells = columns.map((set) =>
    both({ miou: figures.stages[set][row].mIoU, dice: figures.stages[set][row].dice }),
  );
  console.log(`| ${[row, ...cells].join(' | ')} |`);
}
if (correcting) {
  const percent = (share, digits) => `${(100 * share).toFixed(digits)} %`;
  tellVariants(
    figures.corrections,
    'corrections a segment; images that failed; breaks · mends · harm',
    ({ images, nci, failed_images, collateral, mends, harms }) =>
      `${nci.toFixed(2)}; ${failed_images} of ${images}; ${percent(collateral, 2)} · ${percent(mends, 0)} · ${percent(harms, 0)}`,
  );
}
for (const set of columns) {
  const { least, median, ninety, most } = figures.seeds[set];
  console.log(`\n${set}: ${least} to ${most} seed nodes an image, median ${median}, nine in ten below ${ninety + 1}`);
}
if (peer) {
  const worst = (key, pick) => pick(...figures.exactness.map((row) => row[key]));
  console.log(`\nAgainst scikit-learn and pydensecrf on ${figures.exactness.length} of them, the worst image:`);
  console.log(
    `scores ${worst('scores', Math.max).toExponential(1)}, node labels ${(100 * worst('nodeLabels', Math.min)).toFixed(3)} % equal`,
  );
  console.log(
    `marginals ${worst('marginals', Math.max).toExponential(1)}, pixel labels ${(100 * worst('pixelLabels', Math.min)).toFixed(3)} % equal`,
  );
}
if (agreeing) console.log(`\n${sumUp(figures.agreement)}`);
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

// npm run quality: the quality of the masks, the effect of corrections, the distance of `paper` from its references, and the
// agreement of kernels with their plain TypeScript, on all of ../shared/data.
import { writeFileSync } from 'node:fs';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { Arena } from '@saltworks/core/arena/arena';
import { openFast } from '@saltworks/core/fast/solver';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { interpolateLinear } from '@saltworks/core/image/interpolate';
import { mean } from '@saltworks/core/metrics/mean';
import { overlaps } from '@saltworks/core/metrics/overlaps';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { unaryFromScores } from '@saltworks/core/refine/crf';
import { startMeanField } from '@saltworks/core/refine/fast/crf';
import { buildPairwise } from '@saltworks/core/refine/fast/lattice';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { heldPixels } from '@saltworks/core/refine/held';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { likeness, prepareWalk } from '@saltworks/core/walk/walk';
import { randomFrom } from '@saltworks/lab/random';
import { env } from '../scripts/setup.mjs';
import { agreement, sumUp } from './agreement.mjs';
import { correct, sumUpCorrections, tellCorrections } from './corrections.mjs';
import { haveData, load, sets } from './data.mjs';
import { spreadJob, startPeer } from './peer.mjs';

const { paper, best } = presets;
/** The start of each row, and its way to pixels. The middle rows add the stages of `best` one by one. */
const rows = {
  'paper, nodes': ['paper', { ...paper, refine: 'none' }],
  paper: ['paper', paper],
  'kernel ridge, interpolated': ['ridge', { ...best, refine: 'none', colourLikelihood: 0 }],
  '+ random walk': ['best', { ...best, refine: 'none', colourLikelihood: 0 }],
  '+ colour likelihood': ['best', { ...best, refine: 'none' }],
  'best: + CRF': ['best', best],
};
const ends = ['paper, nodes', 'paper', 'best: + CRF'];
/** The seeds that are kept, and the rows measured with them. */
const tables = {
  'all seeds': { keep: 1, names: Object.keys(rows) },
  '80 % of the seeds removed': { keep: 0.2, names: ends },
  'one seed a label': { keep: 0, names: ends },
};

/** A random share of each label's seeds, at least one: the same for every method and in every run. */
function thin(seeds, share, random) {
  const nodes = seeds.nodes.slice();
  seeds.labels.forEach((_, label) => {
    const own = [...nodes.keys()].filter((node) => nodes[node] === label);
    const keep = Math.max(1, Math.round(share * own.length));
    for (let left = own.length; left > keep; left--) nodes[own.splice(Math.floor(random() * left), 1)[0]] = -1;
  });
  return { ...seeds, nodes };
}

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
const session = await openSession(spec, { facet: 'key' });
const peer = peers > 0 ? await startPeer() : undefined;
if (peer && !peer.versions.pydensecrf2)
  throw new Error('no pydensecrf to compare with; expected a C++ compiler, or --peers 0');
const figures = {
  date: new Date().toISOString().slice(0, 10),
  images: {},
  seeds: {},
  quality: {},
  exactness: [],
  agreement: [],
  corrections: {},
};

for (const [set, names] of Object.entries(sets)) {
  const scores = {};
  const chosen = names.slice(0, limit);
  const every = (count) => Math.max(1, Math.ceil(chosen.length / count));
  const counts = [];
  const corrected = [];
  for (const [i, name] of chosen.entries()) {
    const { image, truth, ignore, raster } = await load(set, name);
    const keys = roundToHalf(await session.extract(image));
    const all = seedNodes(raster, 2 * keys.h, 2 * keys.w);
    const solvers = { paper: openFast(image, keys, paper), best: openFast(image, keys, best) };
    const refiners = new Map(
      Object.values(rows).map(([, options]) => [options, openRefiner(new Arena(), image, options)]),
    );
    counts.push(all.nodes.filter((label) => label >= 0).length);
    for (const [table, { keep, names: measured }] of Object.entries(tables)) {
      const seeds = keep === 1 ? all : thin(all, keep, randomFrom(name));
      const nodes = {
        paper: solvers.paper.solve(seeds),
        best: solvers.best.solve(seeds),
        ridge: keep === 1 ? ridgeNodes(prepareWalk(keys, image, best), seeds) : undefined,
      };
      for (const row of measured) {
        const [start, options] = rows[row];
        // Thinned seeds no longer tell which pixels were drawn.
        const held = keep === 1 && options.refine === 'crf' ? heldPixels(raster, options) : undefined;
        const mask = refiners.get(options).refine(nodes[start], held);
        const found = overlaps(mask, truth, ignore);
        scores[table] ??= {};
        scores[table][row] ??= { iou: [], dice: [] };
        scores[table][row].iou.push(mean(found.map(({ iou }) => iou)));
        scores[table][row].dice.push(mean(found.map(({ dice }) => dice)));
      }
    }
    if (peer && i % every(peers) === 0) {
      figures.exactness.push({ name, ...(await compare(image, keys, all, solvers.paper)) });
    }
    if (agreeing && i % every(agreeing) === 0)
      figures.agreement.push({ name, ...(await agreement(image, keys, raster)) });
    if (correcting && i % every(correcting) === 0)
      corrected.push(correct(image, keys, { truth, ignore, raster }, best));
    if (process.stderr.isTTY) process.stderr.write(`\r${set} ${i + 1}/${chosen.length} `);
  }
  figures.images[set] = chosen.length;
  if (correcting) figures.corrections[set] = sumUpCorrections(corrected);
  for (const [table, byRow] of Object.entries(scores)) {
    figures.quality[table] ??= {};
    figures.quality[table][set] = Object.fromEntries(
      Object.entries(byRow).map(([row, { iou, dice }]) => [row, { mIoU: mean(iou), dice: mean(dice) }]),
    );
  }
  figures.seeds[set] = quantiles(counts);
}
peer?.stop();
await session.close();

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
for (const [table, { names }] of Object.entries(tables)) {
  const heads = columns.map((set) => `${set} (${figures.images[set]} images): mIoU · Dice`);
  console.log(`\n| ${table} | ${heads.join(' | ')} |`);
  console.log(`| --- |${columns.map(() => ' --- |').join('')}`);
  for (const row of names) {
    const cells = columns.map((set) => {
      const { mIoU, dice } = figures.quality[table][set][row];
      return `${mIoU.toFixed(4)} · ${dice.toFixed(4)}`;
    });
    console.log(`| ${row} | ${cells.join(' | ')} |`);
  }
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
if (correcting) console.log(`\n${tellCorrections(figures.corrections)}`);
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

// npm run quality: how good the masks are, and how exactly `paper` is its references, on all of ../shared/data.
import { writeFileSync } from 'node:fs';
import { resolveBackbone } from '@saltworks/backbone/registry';
import { openSession } from '@saltworks/backbone/session';
import { pairwiseTerms, startMeanField, unaryFromScores } from '@saltworks/core/crf';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { interpolateLinear } from '@saltworks/core/interpolate';
import { mean, overlaps } from '@saltworks/core/metrics';
import { refine } from '@saltworks/core/refine';
import { seedNodes } from '@saltworks/core/seeds';
import { nodeGraph, presets, propagate } from '@saltworks/core/segment';
import { argmax } from '@saltworks/core/spread';
import { env, setup } from '../scripts/setup.mjs';
import { haveData, load, sets } from './data.mjs';
import { spreadJob, startPeer } from './peer.mjs';

const { paper, best } = presets;
/** Every row shares the keys, the graph and the spreading; they differ from the nodes on. */
const rows = {
  'paper, nodes': { ...paper, refine: 'none' },
  'nodes interpolated': { ...best, refine: 'none' },
  paper,
  best,
};

function flags(args) {
  const out = { limit: Number.POSITIVE_INFINITY, peers: 12 };
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value] = [args[i], args[i + 1]];
    if (flag === '--json' && value) out.json = value;
    else if (flag === '--limit' && Number(value) > 0) out.limit = Number(value);
    else if (flag === '--peers' && Number(value) >= 0) out.peers = Number(value);
    else {
      console.error(
        `quality: ${flag} ${value ?? ''}; expected --json FILE, --limit IMAGES a set or --peers IMAGES a set`,
      );
      process.exit(2);
    }
  }
  return out;
}

const { json, limit, peers } = flags(process.argv.slice(2));
if (!haveData) {
  console.log('quality: skipped, there is no ../shared/data');
  process.exit(0);
}
setup();
const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
const session = await openSession(spec, { facet: 'key' });
const peer = peers > 0 ? await startPeer() : undefined;
if (peer && !peer.versions.pydensecrf2)
  throw new Error('no pydensecrf to compare with; expected a C++ compiler, or --peers 0');
const figures = { date: new Date().toISOString().slice(0, 10), images: {}, quality: {}, exactness: [] };

for (const [set, names] of Object.entries(sets)) {
  const scores = Object.fromEntries(Object.keys(rows).map((row) => [row, { iou: [], dice: [] }]));
  const chosen = names.slice(0, limit);
  const every = Math.ceil(chosen.length / peers);
  for (const [i, name] of chosen.entries()) {
    const { image, truth, ignore, raster } = await load(set, name);
    const keys = roundToHalf(await session.extract(image));
    const graph = nodeGraph(keys, image, paper);
    const seeds = seedNodes(raster, graph.h, graph.w);
    const nodes = propagate(graph, seeds, paper);
    for (const [row, options] of Object.entries(rows)) {
      const found = overlaps(refine(image, nodes, options), truth, ignore);
      scores[row].iou.push(mean(found.map(({ iou }) => iou)));
      scores[row].dice.push(mean(found.map(({ dice }) => dice)));
    }
    if (peer && i % every === 0) figures.exactness.push({ name, ...(await compare(image, keys, graph, seeds, nodes)) });
    if (process.stderr.isTTY) process.stderr.write(`\r${set} ${i + 1}/${chosen.length} `);
  }
  figures.images[set] = chosen.length;
  figures.quality[set] = Object.fromEntries(
    Object.entries(scores).map(([row, { iou, dice }]) => [row, { mIoU: mean(iou), dice: mean(dice) }]),
  );
}
peer?.stop();
await session.close();

/** Our answer against scikit-learn's and pydensecrf's on the same nodes and the same unary. */
async function compare(image, keys, graph, seeds, nodes) {
  const c = seeds.labels.length;
  const fit = await peer.spread(spreadJob(keys, graph, seeds, paper.alpha));
  const unary = unaryFromScores(interpolateLinear(nodes.data, nodes.h, nodes.w, c, image.height, image.width));
  const field = startMeanField(unary, c, pairwiseTerms(image, paper.crf));
  for (let i = 0; i < paper.crf.steps; i++) field.step();
  const { marginals } = await peer.crf({ image, unary, c, ...paper.crf });
  return {
    scores: farthest(nodes.data, fit.scores),
    nodeLabels: equal(argmax(nodes.data, c), argmax(fit.scores, c)),
    marginals: farthest(field.q, marginals),
    pixelLabels: equal(argmax(field.q, c), argmax(marginals, c)),
  };
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

const columns = Object.keys(figures.quality);
console.log(`\n| | ${columns.map((set) => `${set} (${figures.images[set]} images): mIoU · Dice`).join(' | ')} |`);
console.log(`| --- |${columns.map(() => ' --- |').join('')}`);
for (const row of Object.keys(rows)) {
  const cell = (set) => `${figures.quality[set][row].mIoU.toFixed(4)} · ${figures.quality[set][row].dice.toFixed(4)}`;
  console.log(`| ${row} | ${columns.map(cell).join(' | ')} |`);
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
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

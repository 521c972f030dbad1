// Side by side with the peers, in the same run: each repeat times ours and theirs one after the other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/decode';
import { resolveBackbone } from '@saltworks/backbone/registry';
import { openSession } from '@saltworks/backbone/session';
import { pairwiseTerms, startMeanField, unaryFromScores } from '@saltworks/core/crf';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { resizeBicubic } from '@saltworks/core/image';
import { interpolateLinear } from '@saltworks/core/interpolate';
import { rasterise, seedNodes } from '@saltworks/core/seeds';
import { nodeGraph, presets, propagate } from '@saltworks/core/segment';
import { env, root } from '../scripts/setup.mjs';
import { spreadJob } from './peer.mjs';

const repeats = 7;
const [width, height] = [640, 480];
const { paper } = presets;

/** Names that this file can time; later ones of the contract join as their parts are built. */
export const names = ['propagate-cached', 'propagate-from-keys', 'crf-warm', 'crf-cold'];

/** Times the named rows. @returns rows of the bench's JSON, with the ranges beside */
export async function speed(wanted, peer) {
  const { image, keys, seeds, c } = await scene();
  const graph = nodeGraph(keys, image, paper);
  const nodes = propagate(graph, seeds, paper);
  const rows = [];

  if (wanted.some((name) => name.startsWith('propagate'))) {
    const job = spreadJob(keys, graph, seeds, paper.alpha);
    const peerName = 'scikit-learn LabelSpreading.fit';
    const what = `${job.n} nodes × ${job.d}, K = ${c}`;
    const pairs = await repeat(async () => ({
      cached: clock(() => propagate(graph, seeds, paper)),
      fromKeys: clock(() => propagate(nodeGraph(keys, image, paper), seeds, paper)),
      peer: (await peer.spread(job)).seconds * 1000,
    }));
    rows.push(row('propagate-cached', pairs, 'cached', 'peer', peerName, what));
    rows.push(row('propagate-from-keys', pairs, 'fromKeys', 'peer', peerName, what));
  }

  if (peer.versions.pydensecrf2 && wanted.some((name) => name.startsWith('crf'))) {
    const unary = unaryFromScores(interpolateLinear(nodes.data, nodes.h, nodes.w, c, height, width));
    const infer = (terms) => {
      const field = startMeanField(unary, c, terms);
      for (let i = 0; i < paper.crf.steps; i++) field.step();
    };
    const terms = pairwiseTerms(image, paper.crf);
    const what = `${width} × ${height}, K = ${c}, ${paper.crf.steps} steps`;
    const pairs = await repeat(async () => {
      const { warm, cold } = await peer.crf({ image, unary, c, ...paper.crf });
      return {
        warm: clock(() => infer(terms)),
        cold: clock(() => infer(pairwiseTerms(image, paper.crf))),
        peerWarm: warm * 1000,
        peerCold: cold * 1000,
      };
    });
    rows.push(row('crf-warm', pairs, 'warm', 'peerWarm', 'pydensecrf inference', what));
    rows.push(row('crf-cold', pairs, 'cold', 'peerCold', 'pydensecrf set-up + inference', what));
  }
  return rows.filter(({ name }) => wanted.includes(name));
}

/** A photograph at 640 × 480 with five labels drawn on it. */
async function scene() {
  const file = readFileSync(join(root, 'examples/images/coffee.jpg'));
  const image = resizeBicubic(await decodeImage(file), width, height);
  const session = await openSession(await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME }), {
    facet: 'key',
  });
  const keys = roundToHalf(await session.extract(image));
  await session.close();
  // Where the strokes lie does not matter for time; how many labels does.
  const strokes = Array.from({ length: 5 }, (_, label) => ({
    segment: label,
    points: [0.2, 0.8].map((x) => [x * width, ((label + 0.5) / 5) * height]),
    radius: 3,
  }));
  const raster = rasterise({ image: { width, height }, segments: [], strokes });
  return { image, keys, seeds: seedNodes(raster, 2 * keys.h, 2 * keys.w), c: 5 };
}

function clock(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

async function repeat(once) {
  await once(); // the first run compiles
  const results = [];
  for (let i = 0; i < repeats; i++) results.push(await once());
  return results;
}

function row(name, pairs, ours, theirs, peerName, what) {
  const sorted = (key) => pairs.map((pair) => pair[key]).sort((a, b) => a - b);
  const median = (values) => values[values.length >> 1];
  const [a, b] = [sorted(ours), sorted(theirs)];
  const round = (value) => Math.round(value * 100) / 100;
  return {
    name,
    ours: round(median(a)),
    peer: round(median(b)),
    peer_name: peerName,
    unit: 'ms',
    ratio: round(median(b) / median(a)),
    what,
    ours_range: [round(a[0]), round(a.at(-1))],
    peer_range: [round(b[0]), round(b.at(-1))],
  };
}

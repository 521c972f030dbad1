// The cost of the rows as images, labels and strokes grow.
import { freemem } from 'node:os';
import { Arena } from '@saltworks/core/arena/arena';
import { presets } from '@saltworks/core/options';
import { agreement, median, round, takeTurns } from './measure.mjs';
import { refining, spreading, walking } from './ours.mjs';
import { spreadJob } from './peer.mjs';
import { drawn } from './scene.mjs';
import { pixelEnergies } from './speed.mjs';

const { paper } = presets;
const labelCounts = [2, 5, 20, 100];
const strokeCounts = [5, 10, 25, 50, 100];

/** scikit-learn holds several matrices of 16,384² besides our graph; with less memory the large image is left out. */
const largeNeeds = 10e9;

/**
 * @param pictures by name: small, middle, large
 * @returns cells: row, axis, pixels of the image, nodes, labels, strokes, our milliseconds; where the peer ran, its
 *   milliseconds and the largest difference between the answers
 */
export async function growth(pictures, peer, { quick }) {
  const limits = quick ? { repeats: 1 } : { repeats: 3, seconds: 6 };
  const bench = openBench(peer, limits);
  const cells = [];
  for (const [size, picture] of Object.entries(pictures)) {
    if (size === 'large' && freemem() < largeNeeds) {
      console.error(
        `bench: no 1024 × 1024: ${Math.round(freemem() / 1e9)} GB of memory are free; expected ${largeNeeds / 1e9}`,
      );
      continue;
    }
    for (const c of labelCounts) {
      if (quick && c > 20) continue;
      // The peer takes 15 seconds there, for any number of labels.
      const fit = size === 'large' ? (c === 5 ? 1 : 0) : limits.repeats;
      cells.push(...(await bench.solvers(drawn(picture, c), 'labels', fit)));
      // Energies of a megapixel and 100 labels take 400 MB, as does each copy.
      if (size === 'large' && c > 20) continue;
      cells.push(...(await bench.crf(drawn(picture, c), size === 'large' || c > 20 ? 1 : limits.repeats)));
    }
  }
  for (const count of quick ? [5, 25] : strokeCounts) {
    cells.push(...(await bench.solvers(drawn(pictures.middle, 5, count), 'strokes', 1)));
  }
  return cells;
}

/** Arenas are reused, so that no scene leaves its memory behind. */
function openBench(peer, limits) {
  const arenas = [0, 1, 2, 3].map(() => new Arena());
  const empty = arenas.map((arena) => arena.mark());
  const release = () => {
    for (const [i, arena] of arenas.entries()) arena.release(empty[i]);
  };
  const cellsOf = ({ image, seeds, strokes, c }, axis, ours, peerOf, agreed) =>
    Object.keys(ours).map((name) => ({
      name,
      axis,
      width: image.width,
      height: image.height,
      nodes: seeds.nodes.length,
      labels: c,
      strokes: strokes.length,
      ours: round(median(ours[name])),
      peer: peerOf(name),
      ...(name in agreed && { agreement: agreed[name] }),
    }));

  return {
    async solvers(scene, axis, fits) {
      release();
      const { contenders, graph, answer } = spreading(scene, arenas[0]);
      const slow = scene.seeds.nodes.length > 10_000 && scene.c > 5;
      const ours = { ...contenders, ...walking(scene, arenas[1]) };
      const times = await takeTurns(ours, { ...limits, warmUps: slow ? 0 : 1 });
      const job = spreadJob(scene.keys, graph, scene.seeds, paper.alpha);
      let theirs;
      const fit = await peerTimes(fits, async () => {
        theirs = await peer.spread(job);
        return theirs.seconds;
      });
      const agreed = theirs ? { 'propagate-cached': agreement(answer().data, theirs.scores, scene.c) } : {};
      return cellsOf(scene, axis, times, () => fit?.[0], agreed);
    },
    async crf(scene, repeats) {
      if (!peer.versions.pydensecrf2) return [];
      release();
      const unary = pixelEnergies(scene, spreading(scene, arenas[0]).answer());
      const { contenders, answer } = refining(scene, unary, arenas.slice(2));
      const times = await takeTurns(contenders, { ...limits, warmUps: 1 });
      const job = { image: scene.image, unary, c: scene.c, ...paper.crf };
      let theirs;
      const found = await peerTimes(repeats, async () => {
        theirs = await peer.crf(job);
        return [theirs.warm, theirs.cold];
      });
      const agreed = theirs ? { 'crf-cold': agreement(answer(), theirs.marginals, scene.c) } : {};
      return cellsOf(scene, 'labels', times, (name) => found?.[name === 'crf-warm' ? 0 : 1], agreed);
    },
  };
}

/** A peer's median times in milliseconds; undefined if it did not run or failed. */
async function peerTimes(repeats, once) {
  const found = [];
  try {
    const start = performance.now();
    for (let i = 0; i < repeats && performance.now() - start < 6000; i++) found.push([await once()].flat());
  } catch (error) {
    console.error(`bench: ${error.message}`);
  }
  return found[0]?.map((_, k) => round(1000 * median(found.map((values) => values[k]).sort((a, b) => a - b))));
}

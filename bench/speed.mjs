// The table at the top: our kernels, their peers in Python and their twins in TypeScript, on one image with five labels.

import { cellColours } from '@saltworks/core/image/image';
import { interpolateLinear } from '@saltworks/core/image/interpolate';
import { presets } from '@saltworks/core/options';
import { unaryFromScores } from '@saltworks/core/refine/crf';
import { agreement, median, round, row, takeTurns } from './measure.mjs';
import { gridSolve, refining, spreading, walking } from './ours.mjs';
import { spreadJob } from './peer.mjs';
import { twins } from './twins.mjs';

const { paper } = presets;
const fit = 'scikit-learn LabelSpreading.fit';

/** Rows in groups; a group takes turns with the same peers. */
const groups = {
  fit: ['propagate-cached', 'stroke-added', 'propagate-from-keys', 'walk-from-keys', 'walk-stroke-added'],
  walk: ['walk-solve', 'walk-solve-direct'],
  crf: ['crf-warm', 'crf-cold'],
};
export const names = Object.values(groups).flat();

/**
 * Times the named rows.
 *
 * @param scene from `drawn`
 * @returns rows of the bench's JSON
 */
export async function speed(wanted, scene, peer, limits) {
  const asked = (group) => groups[group].some((name) => wanted.includes(name));
  const { contenders, graph, answer } = spreading(scene);
  const unary = pixelEnergies(scene, answer());
  const rows = [];
  if (asked('fit')) rows.push(...(await againstFit(scene, { contenders, graph, answer }, peer, limits)));
  if (asked('walk')) rows.push(...(await againstWalker(scene, peer, limits)));
  if (asked('crf') && peer.versions.pydensecrf2) rows.push(...(await againstCrf(scene, unary, peer, limits)));
  const chosen = rows.filter(({ name }) => wanted.includes(name));
  await addTwins(chosen, twins(scene, unary));
  return chosen;
}

async function againstFit(scene, { contenders, graph, answer }, peer, limits) {
  const job = spreadJob(scene.keys, graph, scene.seeds, paper.alpha);
  let theirs;
  const times = await takeTurns(
    {
      ...contenders,
      ...walking(scene),
      peer: async () => {
        theirs = await peer.spread(job);
        return 1000 * theirs.seconds;
      },
      alone: async () => 1000 * (await peer.spread({ ...job, limit: 1 })).seconds,
    },
    limits,
  );
  const what = `${job.n} nodes × ${job.d}, K = ${scene.c}`;
  return groups.fit.map((name) => ({
    ...row(times[name], times.peer, { name, peer_name: fit, what }),
    peer_one_thread: round(median(times.alone)),
    ...(name.startsWith('propagate') && { agreement: agreement(answer().data, theirs.scores, scene.c) }),
  }));
}

async function againstWalker(scene, peer, limits) {
  const { seeds } = scene;
  const colours = Float32Array.from(cellColours(scene.image, seeds.h, seeds.w), (value) => value / 255);
  const job = { h: seeds.h, w: seeds.w, colours, seeds: seeds.nodes, beta: 130, tol: 1e-6 };
  const times = await takeTurns(
    {
      ours: gridSolve(scene),
      cg_j: async () => 1000 * (await peer.walk({ ...job, mode: 'cg_j' })).seconds,
      bf: async () => 1000 * (await peer.walk({ ...job, mode: 'bf' })).seconds,
    },
    limits,
  );
  const what = `${seeds.h} × ${seeds.w} nodes, K = ${scene.c}, no prior, to 1e-6`;
  return [
    row(times.ours, times.cg_j, { name: 'walk-solve', peer_name: 'scikit-image random_walker, cg_j', what }),
    row(times.ours, times.bf, {
      name: 'walk-solve-direct',
      peer_name: 'scikit-image random_walker, bf (direct)',
      what,
    }),
  ];
}

async function againstCrf(scene, unary, peer, limits) {
  const { image, c } = scene;
  const { contenders, answer } = refining(scene, unary);
  let theirs;
  const times = await takeTurns(
    {
      ...contenders,
      peer: async () => {
        theirs = await peer.crf({ image, unary, c, ...paper.crf });
        return 1000 * theirs.warm;
      },
      peerCold: () => 1000 * theirs.cold,
    },
    limits,
  );
  const what = `${image.width} × ${image.height}, K = ${c}, ${paper.crf.steps} steps`;
  const same = { what, agreement: agreement(answer(), theirs.marginals, c) };
  return [
    row(times['crf-warm'], times.peer, { name: 'crf-warm', peer_name: 'pydensecrf inference', ...same }),
    row(times['crf-cold'], times.peerCold, { name: 'crf-cold', peer_name: 'pydensecrf set-up + inference', ...same }),
  ];
}

async function addTwins(rows, contenders) {
  const chosen = Object.fromEntries(
    Object.entries(contenders).filter(([name]) => rows.some((row) => row.name === name)),
  );
  // Some need another's result.
  if (chosen['propagate-cached']) chosen['propagate-from-keys'] ??= contenders['propagate-from-keys'];
  if (chosen['crf-warm']) chosen['crf-cold'] ??= contenders['crf-cold'];
  const order = Object.keys(contenders).filter((name) => name in chosen);
  const times = await takeTurns(Object.fromEntries(order.map((name) => [name, chosen[name]])), {
    repeats: 3,
    seconds: 20,
  });
  for (const row of rows) if (times[row.name]) row.typescript = round(median(times[row.name]));
}

/** Energies of an image's pixels, from the scores of its nodes. */
export function pixelEnergies({ image, c }, { data, h, w }) {
  return unaryFromScores(interpolateLinear(data, h, w, c, image.height, image.width));
}

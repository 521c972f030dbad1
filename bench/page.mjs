// The page's work, also runnable in Node: solving a scene, and answering strokes as they are drawn.
import { Arena } from '@saltworks/core/arena/arena';
import { hearCorpus } from '@saltworks/core/corpus/prior';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { heldPixels } from '@saltworks/core/refine/held';
import { rasterise, seedNodes } from '@saltworks/core/seeds/seeds';
import { WalkSolver } from '@saltworks/core/walk/fast/walk';

/** Fetches scene i from the server. */
export async function fetchScene(i) {
  const get = async (ending) => await (await fetch(`/scenes/${i}.${ending}`)).arrayBuffer();
  const { h, w, d, width, height, scribbles } = await (await fetch(`/scenes/${i}.json`)).json();
  return {
    image: { data: new Uint8Array(await get('image')), width, height },
    keys: { data: new Float32Array(await get('keys')), h, w, d },
    scribbles,
    prior: new Uint8Array(await get('prior')),
  };
}

/** @param heard whether the prior of the scene is heard @returns SHA-256 of the nodes' scores and of the mask's ids */
export async function solveScene({ image, keys, scribbles, prior }, preset, heard = false) {
  const options = presets[preset];
  const opinion = heard ? opinionOf({ keys, scribbles, prior }, options) : undefined;
  const solver = openFast(image, keys, options, { opinion });
  const raster = rasterise(scribbles);
  const nodes = solver.solve(seedNodes(raster, 2 * keys.h, 2 * keys.w));
  const { ids } = solver.refine(nodes, heldPixels(raster, options));
  return { scores: await digest(nodes.data), ids: await digest(ids) };
}

const opinionOf = ({ keys, scribbles, prior }, options) =>
  hearCorpus(decodeCorpusPrior(prior), keys, options, () => scribbles.segments);

async function digest({ buffer, byteOffset, byteLength }) {
  const hash = await crypto.subtle.digest('SHA-256', new Uint8Array(buffer, byteOffset, byteLength).slice());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Draws strokes one after the other on an open image, as an annotator does.
 *
 * @param more strokes drawn after those of the scene; the first `warmUps` do not count
 * @param heard whether the prior of the scene is heard
 * @returns milliseconds from each stroke to the labels of nodes, and to those of pixels at half size; and until the prior was ready
 */
export async function drawStrokes({ image, keys, scribbles, prior }, more, warmUps, heard = false) {
  const begun = performance.now();
  const opinion = heard ? opinionOf({ keys, scribbles, prior }, presets.best) : undefined;
  const opening = performance.now() - begun;
  const solver = new WalkSolver(new Arena(), keys, image, presets.best);
  const refiner = openRefiner(new Arena(), image, { ...presets.best, scale: 0.5 });
  const strokes = [...scribbles.strokes];
  const times = { nodes: [], pixels: [], opening };
  for (const [i, stroke] of more.entries()) {
    strokes.push(stroke);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const start = performance.now();
    const raster = rasterise({ ...scribbles, strokes });
    const seeds = seedNodes(raster, solver.h, solver.w);
    const nodes = solver.solve(seeds, { opinion });
    argmax(nodes.data, seeds.labels.length);
    const labelled = performance.now();
    refiner.refine(nodes, heldPixels(raster, presets.best));
    const refined = performance.now();
    if (i < warmUps) continue;
    times.nodes.push(labelled - start);
    times.pixels.push(refined - start);
  }
  return times;
}

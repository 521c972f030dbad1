// The input of the rows: an image, its keys, and strokes. The places of strokes do not matter for time; the numbers of nodes,
// labels and strokes do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { classifierOf, corpusDefaults } from '@saltworks/core/corpus/classifier';
import { noStatistics, teach } from '@saltworks/core/corpus/statistics';
import { encodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { resizeBicubic } from '@saltworks/core/image/image';
import { rasterise, seedNodes } from '@saltworks/core/seeds/seeds';
import { env, root } from '../scripts/setup.mjs';

/** Images, and the long sides at which a backbone with patches of 14 pixels sees them. */
export const sizes = {
  small: { width: 320, height: 320, longSide: 320 },
  middle: { width: 640, height: 480, longSide: 518 },
  large: { width: 1024, height: 1024, longSide: 896 },
};

/** An image of every wanted size, with its keys. @returns `{ image, keys }` by name */
export async function pictures(names) {
  const photograph = await decodeImage(readFileSync(join(root, 'examples/images/coffee.jpg')));
  const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
  const session = await openSession(spec, { facet: 'key' });
  const found = {};
  for (const name of names) {
    const { width, height, longSide } = sizes[name];
    const image = resizeBicubic(photograph, width, height);
    found[name] = { image, keys: roundToHalf(await session.extract(image, { longSide })) };
  }
  await session.close();
  return found;
}

/** An image with strokes of c labels. @param count strokes, default one a label */
export function drawn(picture, c, count = c) {
  const { image, keys } = picture;
  const columns = count <= 5 ? 1 : Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const strokes = dashes(image, c, count, columns, rows);
  return { ...picture, c, rows, strokes, seeds: seedsOf(image, keys, strokes) };
}

/** One more stroke, different for each i: it lies between rows, so that it takes no node of the others. */
export function oneMore({ image: { width, height }, rows, c }, i) {
  const y = ((1 + (i % (rows - 1))) / rows) * height;
  const x = (0.1 + 0.8 * (((i * 7) % 31) / 31)) * width;
  return { segment: i % c, points: [x, x + width / 16].map((at) => [at, y]), radius: 2 };
}

/** Seeds of a scene with the i-th extra stroke. */
export function seedsWithOneMore(scene, i) {
  return seedsOf(scene.image, scene.keys, [...scene.strokes, oneMore(scene, i)]);
}

function seedsOf({ width, height }, keys, strokes) {
  const raster = rasterise({ image: { width, height }, segments: [], strokes });
  return seedNodes(raster, 2 * keys.h, 2 * keys.w);
}

/** Strokes on a regular grid, labels in turn: a third of their cell long, or over half the image if they are few. */
function dashes({ width, height }, c, count, columns, rows) {
  const half = (columns === 1 ? 0.3 : 1 / 6) * (width / columns);
  return Array.from({ length: count }, (_, i) => {
    const x = ((i % columns) + 0.5) * (width / columns);
    const y = (Math.floor(i / columns) + 0.5) * (height / rows);
    return { segment: i % c, points: [x - half, x + half].map((at) => [at, y]), radius: 3 };
  });
}

/** A corpus' prior of full trust, taught that patches in turn down the image are of the classes. @param classes as taught @returns bytes of its file */
export function priorOf(keys, classes) {
  const { data, h, w, d } = keys;
  const c = classes.length;
  const statistics = noStatistics(d, c);
  const labels = new Float32Array(h * w * c);
  for (let i = 0; i < h * w; i++) labels[i * c + Math.floor((i / (h * w)) * c)] = 1;
  teach(statistics, data, labels);
  const { weights, frequency } = classifierOf(statistics);
  const { balance, sharpness } = corpusDefaults;
  return encodeCorpusPrior({ d, weights, frequency, categories: classes, balance, sharpness, trust: 1, keys: 'bench' });
}

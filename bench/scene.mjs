// What the rows are measured on: a photograph, its keys, and strokes. Where strokes lie does not matter for time; how many
// nodes, labels and strokes there are does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/decode';
import { resolveBackbone } from '@saltworks/backbone/registry';
import { openSession } from '@saltworks/backbone/session';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { resizeBicubic } from '@saltworks/core/image/image';
import { rasterise, seedNodes } from '@saltworks/core/seeds/seeds';
import { env, root } from '../scripts/setup.mjs';

/** Pictures, and the long sides that a backbone with patches of 14 pixels sees them at. */
export const sizes = {
  small: { width: 320, height: 320, longSide: 320 },
  middle: { width: 640, height: 480, longSide: 518 },
  large: { width: 1024, height: 1024, longSide: 896 },
};

/** A photograph of every size asked for, with its keys. @returns `{ image, keys }` by name */
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

/** A picture with c labels drawn on it. @param count strokes, as many as labels unless given */
export function drawn(picture, c, count = c) {
  const { image, keys } = picture;
  const columns = count <= 5 ? 1 : Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const strokes = dashes(image, c, count, columns, rows);
  return { ...picture, c, rows, strokes, seeds: seedsOf(image, keys, strokes) };
}

/** A stroke more, another one for each i: between rows, so that it takes no node of those that are there. */
export function oneMore({ image: { width, height }, rows, c }, i) {
  const y = ((1 + (i % (rows - 1))) / rows) * height;
  const x = (0.1 + 0.8 * (((i * 7) % 31) / 31)) * width;
  return { segment: i % c, points: [x, x + width / 16].map((at) => [at, y]), radius: 2 };
}

/** Seeds of a drawn picture with the i-th stroke more. */
export function seedsWithOneMore(scene, i) {
  return seedsOf(scene.image, scene.keys, [...scene.strokes, oneMore(scene, i)]);
}

function seedsOf({ width, height }, keys, strokes) {
  const raster = rasterise({ image: { width, height }, segments: [], strokes });
  return seedNodes(raster, 2 * keys.h, 2 * keys.w);
}

/** Strokes on a regular grid, labels in turn: a third of their cell long, or more than half of the picture if few. */
function dashes({ width, height }, c, count, columns, rows) {
  const half = (columns === 1 ? 0.3 : 1 / 6) * (width / columns);
  return Array.from({ length: count }, (_, i) => {
    const x = ((i % columns) + 0.5) * (width / columns);
    const y = (Math.floor(i / columns) + 0.5) * (height / rows);
    return { segment: i % c, points: [x - half, x + half].map((at) => [at, y]), radius: 3 };
  });
}

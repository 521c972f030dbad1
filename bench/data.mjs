// The evaluation images beside the repository (../shared/data), if they are there: COCO big things and icgbench.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { root } from '../scripts/setup.mjs';

export const dataFolder = join(root, '../shared/data');
export const haveData = existsSync(dataFolder);

const stems = (folder, extension) =>
  readdirSync(join(dataFolder, folder))
    .filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length))
    .sort();

/** Names of the images with scribbles, per set. */
export const sets = haveData
  ? { coco: stems('scribbles_simulated', '.json'), icg: stems('scribbles', '.png') }
  : { coco: [], icg: [] };

let panoptic;
function annotationOf(name) {
  if (!panoptic) {
    const { annotations, categories } = JSON.parse(readFileSync(join(dataFolder, 'panoptic.json'), 'utf8'));
    panoptic = {
      segments: new Map(annotations.map((a) => [a.file_name.replace('.png', ''), a.segments_info])),
      things: new Set(categories.filter(({ isthing }) => isthing).map(({ id }) => id)),
    };
  }
  return { segments: panoptic.segments.get(name), things: panoptic.things };
}

/**
 * One image with its scribbles and its true mask. COCO: big things (at least 0.5 % of the image) keep their ids, everything
 * else is background; void and crowd are ignored. icgbench: regions, background regions included; void is ignored.
 */
export async function load(set, name) {
  const read = (...path) => readFileSync(join(dataFolder, ...path));
  const image = await decodeImage(read('images', `${name}.jpg`));
  const truth = decodePanoptic(await decodeImage(read('panoptic', `${name}.png`)));
  const ignore = new Uint8Array(truth.ids.length);
  if (set === 'icg') {
    truth.ids.forEach((id, i) => {
      if (id === 0) ignore[i] = 1;
    });
    return { image, truth, ignore, raster: parseScribblePng(read('scribbles', `${name}.png`), image).raster };
  }
  const { segments, things } = annotationOf(name);
  const info = new Map(segments.map((segment) => [segment.id, segment]));
  truth.ids.forEach((id, i) => {
    const segment = info.get(id);
    if (!segment || segment.iscrowd) ignore[i] = 1;
    else if (!things.has(segment.category_id) || segment.area < 0.005 * image.width * image.height) truth.ids[i] = 0;
  });
  return {
    image,
    truth,
    ignore,
    raster: rasterise(parseScribbles(read('scribbles_simulated', `${name}.json`).toString())),
  };
}

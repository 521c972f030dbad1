// What scripts on a corpus begin with: its images, keys, lessons and known classes. FOLDER: as of bench/corpus.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { teach } from '@saltworks/core/corpus/fast/statistics';
import { lessonOf } from '@saltworks/core/corpus/lesson';
import { noStatistics } from '@saltworks/core/corpus/statistics';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { solveOptions } from '@saltworks/core/options';
import { segment } from '@saltworks/core/segment';
import { env } from '../scripts/setup.mjs';

/** @returns of each image its name, keys and true classes by pixel (0 none, k + 1 class k); of train images also what they teach and their mask */
export async function openCorpus(folder) {
  const { classes, train, test } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const c = classes.length;
  const places = new Map(classes.map((_, k) => [k + 1, k]));
  const spec = await resolveBackbone('dinov2-small-focus', { home: env.SALTWORKS_HOME });
  const options = solveOptions('best', spec);
  const session = await openSession(spec, { facet: 'key' });
  const pictureOf = async (name) => {
    const image = await decodeImage(readFileSync(join(folder, `images/${name}.jpg`)));
    const keys = roundToHalf(await session.extract(image));
    const labels = await decodeImage(readFileSync(join(folder, `labels/${name}.png`)));
    const ids = Uint32Array.from({ length: labels.width * labels.height }, (_, i) => labels.data[3 * i]);
    return { name, image, keys, truth: { ids, width: labels.width, height: labels.height } };
  };
  const taught = [];
  for (const name of train) {
    const { image, ...picture } = await pictureOf(name);
    const { raster } = readScribbles(readFileSync(join(folder, `scribbles/${name}.json`)), '.json', image);
    const { mask, nodes } = segment(image, picture.keys, raster, options);
    const own = noStatistics(picture.keys.d, c);
    teach(own, picture.keys.data, lessonOf(mask, nodes, picture.keys, places, c));
    taught.push({ ...picture, mask, own });
  }
  const unseen = [];
  for (const name of test) {
    const { image: _, ...picture } = await pictureOf(name);
    unseen.push(picture);
  }
  await session.close();
  return { classes, taught, unseen };
}

// The evaluation images beside the repository (../shared/data), if they are there: COCO big things and icgbench.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listFolder, readCase } from '@saltworks/lab/dataset/folder';
import { root } from '../scripts/setup.mjs';

export const dataFolder = join(root, '../shared/data');
export const haveData = existsSync(dataFolder);

/** Images with strokes, by name. */
const listed = haveData
  ? new Map((await listFolder(dataFolder)).images.filter(({ strokes }) => strokes).map((image) => [image.name, image]))
  : new Map();

const namesOf = (wanted) => [...listed.values()].filter(({ source }) => source === wanted).map(({ name }) => name);

/** Names of the images with strokes, per set. */
export const sets = { coco: namesOf('coco'), icg: namesOf('icg') };

/** One image with its strokes, and what counts of its true mask: the lab's `Case`. */
export const load = async (name) => (await readCase(listed.get(name))).case;

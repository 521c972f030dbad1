/** Images of an evaluation laid out as files, as the lab reads those of a folder. */
import { basename, extname, join } from 'node:path';
import type { DatasetEvaluation, EvaluatedImage } from '@saltworks/contract/documents/evaluations';
import { parseSegments } from '@saltworks/lab/dataset/document';
import { type ListedImage, listedSegments } from '@saltworks/lab/dataset/folder';
import { writeWhole } from '@saltworks/lab/files';
import { readStrokes } from '@saltworks/store/builds/strokes';
import { knownMask } from '../known-mask.ts';
import type { ShardDeps } from '../shard.ts';

/**
 * Writes an image, its known mask and its strokes.
 *
 * @param folder for all files of the evaluation's images
 * @throws InvalidInputError if its known mask is another one by now, or no list of segments
 */
export async function writeCase(
  { store, readObject }: Pick<ShardDeps, 'store' | 'readObject'>,
  { dataset }: Pick<DatasetEvaluation, 'dataset'>,
  image: EvaluatedImage,
  folder: string,
  signal: AbortSignal,
): Promise<ListedImage> {
  const { at, name, source, object, counting, strokes } = image;
  const known = await knownMask(store, dataset, image, signal);
  const pathOf = (part: string, extension: string) => join(folder, String(at), part, `${basename(name)}${extension}`);
  const write = async (path: string, bytes: Uint8Array): Promise<string> => {
    await writeWhole(path, bytes);
    return path;
  };
  const segments = parseSegments(`the known mask of ${name}`, known.segments);
  const drawn = async () => {
    if (strokes === undefined) return {};
    if (strokes === 'simulated') return { simulated: true } as const;
    const { sha256, extension } = strokes;
    const bytes = await readStrokes(store, { strokes: sha256, extension }, { signal });
    return { strokes: await write(pathOf('scribbles', extension), bytes) };
  };
  return {
    ...{ name, source, counting },
    image: await write(pathOf('images', extname(object)), await readObject(object, signal)),
    panoptic: await write(pathOf('panoptic', '.png'), known.mask),
    ...(await drawn()),
    ...listedSegments(segments, new Map(known.categories.map((category) => [category.id, category]))),
  };
}

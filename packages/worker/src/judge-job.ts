/** An image judged in a thread: files in, figures out. */
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import type { JudgedImage } from '@saltworks/contract/documents/bakeoffs';
import type { ScribblesExtension } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf } from '@saltworks/core/answer';
import type { KnownMask } from '@saltworks/core/crowd/known-image';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { judgeStrokes, likeAccepted, likeKnown } from '@saltworks/core/judge/judge';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { gridOf } from '@saltworks/core/nodes/grid';
import { openReused } from '@saltworks/core/segment';
import { fittingKeys } from './fitting-keys.ts';
import { maskFile } from './mask-file.ts';

export interface JudgeJob {
  kind: 'judge';
  /** Bytes of the files of image, keys, strokes and, where there is one, of the accepted mask. */
  image: Uint8Array;
  keys: Uint8Array;
  scribbles: Uint8Array;
  extension: ScribblesExtension;
  accepted?: Uint8Array;
  options: SegmentOptions;
  maxPixels: number;
  known?: Omit<KnownMask, 'mask'> & { mask: Uint8Array };
  /** Names of the classes that annotators could choose from, and of those that the dataset lists. */
  classes: string[];
  listed: string[];
}

export type Judged = Omit<JudgedImage, 'id'>;

export async function judgeImage(image: DecodedImage, job: JudgeJob): Promise<Judged> {
  const { options, known, accepted, classes, listed } = job;
  const { raster, segments } = readScribbles(job.scribbles, job.extension, image);
  const keys = fittingKeys(job.keys, image);

  const start = performance.now();
  const solver = openReused(image, keys, options);
  const { seeds, nodes, mask: refine } = answerFrom(solver, labelsOf(raster, gridOf(keys, options.upsample), options));
  const mask = refine();
  const { png } = await maskFile({ mask, nodes, seeds }, { segments }, { image: '', sha256: '', mask: '' });
  const seconds = (performance.now() - start) / 1000;

  const read = async (file: Uint8Array) => decodePanoptic(await decodeImage(file));
  const categories = new Map(segments.map(({ id, category }) => [id, category]));
  const held = judgeStrokes(solver, keys, raster, options);
  return {
    ...(known && {
      known: likeKnown(mask, categories, { ...known, mask: await read(known.mask) }, { classes, listed }),
    }),
    ...(accepted && { accepted: likeAccepted(mask, await read(accepted)) }),
    ...(held && { held }),
    ...{ seconds, bytes: png.length },
  };
}

/** A drawing replayed in a thread: files in, figures out. */
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import type { DrawingSteps } from '@saltworks/contract/documents/label-efficiency';
import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf, type StrokeLabels } from '@saltworks/core/answer';
import { hearCorpus } from '@saltworks/core/corpus/prior';
import { type KnownMask, knownAgreement } from '@saltworks/core/crowd/known-image';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { likeAccepted } from '@saltworks/core/judge/judge';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { gridOf } from '@saltworks/core/nodes/grid';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { openReused } from '@saltworks/core/segment';
import { fittingKeys } from './fitting-keys.ts';

export interface ReplayJob {
  kind: 'replay';
  /** Bytes of the files of image, keys and the mask that was handed in. */
  image: Uint8Array;
  keys: Uint8Array;
  handedIn: Uint8Array;
  steps: DrawingSteps;
  options: SegmentOptions;
  /** Bytes of the corpus' prior, where the options name one. */
  prior?: Uint8Array;
  maxPixels: number;
  known?: Omit<KnownMask, 'mask'> & { mask: Uint8Array };
  /** Names of the classes that the annotator could choose from, and of those that the dataset lists. */
  classes: string[];
  listed: string[];
}

/** Of every step. */
export type Replayed = { handedIn: number; known?: number }[];

export async function replayDrawing(image: DecodedImage, job: ReplayJob): Promise<Replayed> {
  const { options, classes, listed } = job;
  const read = async (file: Uint8Array) => decodePanoptic(await decodeImage(file));
  const handedIn = await read(job.handedIn);
  const known = job.known && { ...job.known, mask: await read(job.known.mask) };
  const keys = fittingKeys(job.keys, image);
  const grid = gridOf(keys, options.upsample);
  const { width, height } = image;
  let now: readonly Segment[] = [];
  const opinion = job.prior && hearCorpus(decodeCorpusPrior(job.prior), keys, options, () => now);
  const solver = openReused(image, keys, options, { opinion });
  return job.steps.steps.map(({ segments, drawn, locks }) => {
    now = segments;
    const strokes = drawn.map((place) => job.steps.strokes[place]);
    const drawing = { image: { width, height }, segments, strokes, locks };
    const labels = usable(() => labelsOf(rasterise(drawing), grid, options));
    if (!labels) return { handedIn: 0, ...(known && { known: 0 }) };
    const mask = answerFrom(solver, labels).mask();
    const categories = new Map(segments.map(({ id, category }) => [id, category]));
    return {
      handedIn: likeAccepted(mask, handedIn),
      ...(known && { known: knownAgreement({ mask, categories }, known, { classes, listed }).miou }),
    };
  });
}

/** Undefined where the strokes make no mask yet: an annotator sees none either. */
function usable(labels: () => StrokeLabels): StrokeLabels | undefined {
  try {
    return labels();
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

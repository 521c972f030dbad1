/** A thread that makes masks: bytes of files in, a mask and its document out. */
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import { answerJobs } from '@saltworks/backbone/threads/thread';
import type { ScribblesExtension } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { Brief } from '@saltworks/core/corpus/next';
import { hearCorpus } from '@saltworks/core/corpus/prior';
import { consensus, valuesTogether } from '@saltworks/core/crowd/consensus';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { segment } from '@saltworks/core/segment';
import { fittingKeys } from './fitting-keys.ts';
import { type Judged, type JudgeJob, judgeImage } from './judge-job.ts';
import {
  type BriefJob,
  briefImage,
  type ChooseJob,
  chooseImages,
  type PredictJob,
  predictImage,
  type TeachJob,
  teachImage,
  type WeighJob,
  weighImage,
} from './learn-job.ts';
import { type MadeMask, type MaskNames, maskFile } from './mask-file.ts';
import { type Replayed, type ReplayJob, replayDrawing } from './replay-job.ts';
import { yieldToOthers } from './thread-priority.ts';

export interface MaskJob {
  /** Bytes of the image's file. */
  image: Uint8Array;
  /** Bytes of the scribbles, in the format of their extension. */
  scribbles: Uint8Array;
  extension: ScribblesExtension;
  /** Bytes of the keys' file; without them the others are only looked at. */
  keys: Uint8Array | undefined;
  options: SegmentOptions;
  /** Bytes of the corpus' prior, where the options name one. */
  prior: Uint8Array | undefined;
  maxPixels: number;
  names: MaskNames;
}

/** The same of several annotators' strokes together. */
export interface ConsensusJob extends Omit<MaskJob, 'scribbles' | 'extension'> {
  /** Bytes of each one's scribble document, and of the mask that came of it alone. */
  annotations: { annotator: string; weight: number; scribbles: Uint8Array; mask: Uint8Array }[];
}

// An annotator waits for an answer; nobody waits for a batch.
yieldToOthers();

type Job = MaskJob | ConsensusJob | JudgeJob | ReplayJob | TeachJob | PredictJob | WeighJob | BriefJob | ChooseJob;

answerJobs<
  Job,
  MadeMask | Judged | Replayed | Uint8Array | Brief | ReturnType<typeof chooseImages> | number | undefined
>(async (job) => {
  // Keys alone say it.
  if ('kind' in job && job.kind === 'brief') return { result: briefImage(job) };
  if ('kind' in job && job.kind === 'choose') return { result: chooseImages(job) };
  const image = await decodeImage(job.image, { maxPixels: job.maxPixels });
  if (!('kind' in job)) return moved(await ('annotations' in job ? together(image, job) : alone(image, job)));
  switch (job.kind) {
    case 'judge':
      return { result: await judgeImage(image, job) };
    case 'replay':
      return { result: await replayDrawing(image, job) };
    case 'teach':
      return { result: teachImage(image, job) };
    case 'weigh':
      return { result: weighImage(image, job) };
    case 'predict':
      return moved(await predictImage(image, job));
  }
});

const moved = (made: MadeMask | undefined) =>
  made ? { result: made, move: [made.png.buffer] } : { result: undefined };

async function alone(
  image: DecodedImage,
  { scribbles, extension, options, prior, names, ...job }: MaskJob,
): Promise<MadeMask | undefined> {
  const { raster, ...drawn } = readScribbles(scribbles, extension, image);
  if (!job.keys) return undefined;
  const keys = fittingKeys(job.keys, image);
  const opinion = prior && hearCorpus(decodeCorpusPrior(prior), keys, options, () => drawn.segments);
  return maskFile(segment(image, keys, raster, options, undefined, { opinion }), drawn, names);
}

async function together(
  image: DecodedImage,
  { annotations, options, prior, names, ...job }: ConsensusJob,
): Promise<MadeMask | undefined> {
  const drawn = await Promise.all(
    annotations.map(async ({ annotator, weight, scribbles, mask }) => ({
      annotator,
      weight,
      ...readScribbles(scribbles, '.json', image),
      mask: decodePanoptic(await decodeImage(mask)),
    })),
  );
  if (!job.keys) return undefined;
  const beside = { prior: prior && decodeCorpusPrior(prior) };
  const found = consensus(image, fittingKeys(job.keys, image), drawn, options, beside);
  const dissent = found.dissent.reduce((sum, share) => sum + share, 0) / found.dissent.length;
  const { segments } = found;
  return { ...(await maskFile(found, { segments, attributes: valuesTogether(drawn) }, names)), dissent };
}

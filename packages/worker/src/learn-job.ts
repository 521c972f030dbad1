/** What an image teaches, and what it is taught to be, in a thread: files in, files out. */
import type { DecodedImage } from '@saltworks/backbone/image/decode';
import type { LearnerSettings } from '@saltworks/contract/documents/prelabels';
import type { TaughtCategory } from '@saltworks/contract/documents/statistics';
import type { ScribblesExtension } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { labelsOf } from '@saltworks/core/answer';
import { Arena } from '@saltworks/core/arena/arena';
import { type Classifier, classifierOf, classify } from '@saltworks/core/corpus/classifier';
import { teach } from '@saltworks/core/corpus/fast/statistics';
import { lessonOf } from '@saltworks/core/corpus/lesson';
import { type Brief, briefOf, chooseNext, type Design, openDesign } from '@saltworks/core/corpus/next';
import { predictScores, segmentsOf } from '@saltworks/core/corpus/predict';
import { categoryIn, hearCorpus } from '@saltworks/core/corpus/prior';
import { noStatistics, weightOf } from '@saltworks/core/corpus/statistics';
import { placeOf, subtractTaught } from '@saltworks/core/corpus/taught';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { decodeStatistics, encodeStatistics } from '@saltworks/core/formats/statistics';
import { mean } from '@saltworks/core/metrics/mean';
import { gridOf } from '@saltworks/core/nodes/grid';
import { expectedIous, type NodeScores } from '@saltworks/core/nodes/scores';
import { openRefiner } from '@saltworks/core/refine/fast/refine';
import { segment } from '@saltworks/core/segment';
import { agreement } from '@saltworks/core/walk/opinion';
import { fittingKeys } from './fitting-keys.ts';
import { type MadeMask, type MaskNames, maskFile } from './mask-file.ts';

interface LearnJob {
  /** Bytes of the files of image and keys. */
  image: Uint8Array;
  keys: Uint8Array;
  options: SegmentOptions;
  maxPixels: number;
}

export interface TeachJob extends LearnJob {
  kind: 'teach';
  /** Bytes of the strokes. */
  scribbles: Uint8Array;
  extension: ScribblesExtension;
}

export interface PredictJob extends LearnJob {
  kind: 'predict';
  model: { id: string; statistics: Uint8Array; learner: LearnerSettings };
  names: MaskNames;
}

/** How well a model without this image names the labels of its strokes. */
export interface WeighJob extends LearnJob {
  kind: 'weigh';
  /** One a person. */
  drawings: { scribbles: Uint8Array; extension: ScribblesExtension }[];
  /** Files of what they taught, all of it a part of the model. */
  lessons: Uint8Array[];
  model: PredictJob['model'];
}

/** What an image that nobody drew on would teach, in brief. */
export interface BriefJob {
  kind: 'brief';
  /** Bytes of the file of keys. */
  keys: Uint8Array;
  model: PredictJob['model'];
}

/** Which images would teach most: seconds of work. */
export interface ChooseJob {
  kind: 'choose';
  /** What each would teach, in brief. */
  taught: Float64Array[];
  unsure: Float64Array;
  count: number;
}

/** Bytes of the image's own statistics. */
export function teachImage(image: DecodedImage, { scribbles, extension, options, ...job }: TeachJob): Uint8Array {
  const { raster, segments } = readScribbles(scribbles, extension, image);
  const keys = fittingKeys(job.keys, image);
  const { mask, nodes } = segment(image, keys, raster, options);
  const categories: TaughtCategory[] = [];
  const categoryOf = new Map<number, number>();
  for (const label of nodes.labels) {
    const category = categoryIn(segments, label);
    const place = placeOf(categories, category);
    categoryOf.set(label, place < 0 ? categories.push(category) - 1 : place);
  }
  const c = categories.length;
  const statistics = noStatistics(keys.d, c);
  teach(statistics, keys.data, lessonOf(mask, nodes, keys, categoryOf, c));
  return encodeStatistics({ statistics, categories, images: 1 });
}

/** 1 less the IoU to be expected of a label, mean over those that patches have; 0 … 1, to four decimals. */
function uncertaintyOf(nodes: NodeScores): number {
  const ious = expectedIous(nodes).filter((iou, k) => iou > 0 && nodes.labels[k] !== 0);
  return ious.length === 0 ? 1 : Math.round(1e4 * (1 - mean(ious))) / 1e4;
}

/** What is left of nothing but rounding. */
const noWeight = 1e-6;

/** Undefined where no other image taught, or nobody's strokes label two segments. */
export function weighImage(
  image: DecodedImage,
  { drawings, lessons, model, options, ...job }: WeighJob,
): number | undefined {
  const keys = fittingKeys(job.keys, image);
  const left = decodeStatistics(model.statistics);
  for (const lesson of lessons) subtractTaught(left, decodeStatistics(lesson));
  if (weightOf(left.statistics) < noWeight) return undefined;
  const scorer = classifierOf(left.statistics, model.learner);
  const { categories } = left;
  const { balance, sharpness } = model.learner;
  const found = drawings.flatMap(({ scribbles, extension }) => {
    const { raster, segments } = readScribbles(scribbles, extension, image);
    const { seeds } = labelsOf(raster, gridOf(keys, options.upsample), options);
    if (seeds.labels.length < 2) return [];
    const prior = { ...scorer, categories, balance, sharpness, trust: 1 };
    const opinion = hearCorpus(prior, keys, options, () => segments);
    return [agreement(opinion, seeds)];
  });
  return found.length === 0 ? undefined : mean(found);
}

/** The model of the last brief: the next one has the same, most often. */
let lastDesign: { id: string; classifier: Classifier; design: Design } | undefined;

export function briefImage({ keys: file, model: { id, statistics, learner } }: BriefJob): Brief {
  if (lastDesign?.id !== id) {
    const taught = decodeStatistics(statistics).statistics;
    lastDesign = { id, classifier: classifierOf(taught, learner), design: openDesign(taught) };
  }
  const { classifier, design } = lastDesign;
  const { keys } = decodeKeys(file);
  return briefOf(design, keys, classify(classifier, keys, [...classifier.frequency.keys()], learner));
}

/** The places of those that are chosen, and what each leaves. */
export const chooseImages = ({ taught, unsure, count }: ChooseJob): { place: number; left: number }[] =>
  chooseNext(
    taught.map((own, place) => ({ taught: own, place })),
    unsure,
    count,
  ).map(({ image: { place }, left }) => ({ place, left }));

/** The model that the last image was predicted by: the next one has the same, most often. */
let last: { id: string; classifier: Classifier; categories: TaughtCategory[] } | undefined;

export async function predictImage(
  image: DecodedImage,
  { model, names, options, ...job }: PredictJob,
): Promise<MadeMask> {
  const { id, learner } = model;
  if (last?.id !== id) {
    const { statistics, categories } = decodeStatistics(model.statistics);
    last = { id, classifier: classifierOf(statistics, learner), categories };
  }
  const { classifier, categories } = last;
  const nodes = predictScores(classifier, fittingKeys(job.keys, image), categories, learner);
  const labels = openRefiner(new Arena(), image, options).refine(nodes);
  const { mask, segments } = segmentsOf(labels, categories);
  const unsolved = { iterations: 0, converged: true };
  const made = await maskFile({ mask, nodes: { ...nodes, ...unsolved }, seeds: { unseeded: [] } }, { segments }, names);
  return { ...made, document: { ...made.document, uncertainty: uncertaintyOf(nodes), origin: 'predicted', model: id } };
}

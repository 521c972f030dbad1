/** Where things lie in an object store. Names derive from content and parameters, so a retry rewrites the same object. */
import type { ExtractSettings } from './options.ts';

/** `{ "id": "…" }`: which store this is (identity.ts). */
export const identityKey = 'identity.json';

/** `images/ab/abcd….jpg`: the bytes of an image, named by their sha256. */
export const imageKey = (sha256: string, extension: string): string =>
  `images/${sha256.slice(0, 2)}/${sha256}${extension}`;

/** `keys/<backbone>/ab/abcd….safetensors` (spec/keys.md). @param backbone id of the backbone and of what is taken from it */
export const keysKey = (backbone: string, sha256: string): string =>
  `keys/${backbone}/${sha256.slice(0, 2)}/${sha256}.safetensors`;

/** `catalog/NAME.json`: what a dataset is as a whole. */
export const datasetKey = (dataset: string): string => `catalog/${dataset}.json`;

/** `datasets/NAME/images/000000042.jsonl`: one shard of its manifest, never changed once written. */
export const shardKey = (dataset: string, shard: number): string =>
  `datasets/${dataset}/images/${String(shard).padStart(9, '0')}.jsonl`;

/** `datasets/NAME/names/`: of shards whose images have other names by now. */
export const namesPrefix = (dataset: string): string => `datasets/${dataset}/names/`;

/** `datasets/NAME/names/000000042.json`: names of a shard's images that are not those of its lines, a ShardNames. */
export const namesKey = (dataset: string, shard: number): string =>
  `${namesPrefix(dataset)}${String(shard).padStart(9, '0')}.json`;

/** `datasets/NAME/scribbles/000000042/`: what was drawn on the images of one shard. */
export const scribblesPrefix = (dataset: string, shard: number): string =>
  `datasets/${dataset}/scribbles/${String(shard).padStart(9, '0')}/`;

/** `…/abcd….json` or `.png`: what was drawn on an image. */
export const scribblesKey = (dataset: string, shard: number, sha256: string, extension: '.json' | '.png'): string =>
  `${scribblesPrefix(dataset, shard)}${sha256}${extension}`;

/** `datasets/NAME/truth/abcd….png` and `.json`: a known panoptic mask of an image. */
export const truthKey = (dataset: string, sha256: string, extension: '.json' | '.png'): string =>
  `datasets/${dataset}/truth/${sha256}${extension}`;

/** `datasets/NAME/extracted/BACKBONE/000000042.json`: a shard is through, and which of its images failed. */
export const extractedKey = (dataset: string, backbone: string, shard: number): string =>
  `datasets/${dataset}/extracted/${backbone}/${String(shard).padStart(9, '0')}.json`;

/** `datasets/NAME/masks/RECIPE/`: a set of masks, shard by shard. */
export const propagatedPrefix = (dataset: string, recipe: string): string => `datasets/${dataset}/masks/${recipe}/`;

/** `datasets/NAME/masks/RECIPE/000000042.json`: the masks of a shard, and which of its images failed. */
export const propagatedKey = (dataset: string, recipe: string, shard: number): string =>
  `${propagatedPrefix(dataset, recipe)}${String(shard).padStart(9, '0')}.json`;

/** The name of a campaign's masks among the dataset's. */
export const campaignRecipe = (campaign: string): string => `campaign-${campaign}`;

/** @returns the campaign whose masks these are, if they are one's */
export const campaignOf = (recipe: string): string | undefined => /^campaign-(.+)$/.exec(recipe)?.[1];

/** Which numbers of classes masks have: those of a campaign its own, all others of a dataset the same. */
const classesName = (recipe: string): string => (campaignOf(recipe) === undefined ? 'masks' : recipe);

/** `datasets/NAME/classes/masks/`, `…/classes/campaign-ID/`: versions of the numbers of classes, `000000001.json` the first. */
export const classesPrefix = (dataset: string, recipe: string): string =>
  `datasets/${dataset}/classes/${classesName(recipe)}/`;

/** Whether masks of two recipes have the same numbers of classes. */
export const shareClasses = (a: string, b: string): boolean => classesName(a) === classesName(b);

/** `datasets/NAME/exported/ID/000000042.json`: which images of a shard an export could not hold. */
export const exportedKey = (dataset: string, id: string, shard: number): string =>
  `datasets/${dataset}/exported/${id}/${String(shard).padStart(9, '0')}.json`;

/** `masks/ab/abcd….png` and `.json`: a mask, named by the hash of all that it is made from. */
export const maskKey = (id: string, extension: '.json' | '.png'): string => `masks/${id.slice(0, 2)}/${id}${extension}`;

/** The id under which keys are kept: the backbone's, and what differs from its own layer, facet and size. */
export function keysId(backbone: string, { layer, facet, longSide }: Omit<ExtractSettings, 'backbone'>): string {
  const parts = [
    layer === undefined ? '' : `layer${layer}`,
    facet === 'key' ? '' : facet,
    longSide === undefined ? '' : `${longSide}px`,
  ];
  return [backbone, ...parts.filter((part) => part !== '')].join('-');
}

const exportRoot = (dataset: string, id: string): string => `exports/${dataset}/${id}/`;

/** `exports/NAME/`: all exports of a dataset. */
export const exportsPrefix = (dataset: string): string => `exports/${dataset}/`;

/** `exports/NAME/ID/plan.json`: format, recipe, categories and date of an export. */
export const exportPlanKey = (dataset: string, id: string): string => `${exportRoot(dataset, id)}plan.json`;

/** `exports/NAME/ID/summary.json`: an export is through, and what can be downloaded. */
export const exportSummaryKey = (dataset: string, id: string): string => `${exportRoot(dataset, id)}summary.json`;

/** `exports/NAME/ID/lines/LIST/000000042`: a shard's lines of a document. */
export const exportLines = (dataset: string, id: string, list: string, shard: number): string =>
  `${exportRoot(dataset, id)}lines/${list}/${String(shard).padStart(9, '0')}`;

/** `exports/NAME/ID/whole/000000042.json`: ids of a shard's images whose files are named with their extension. */
export const exportWholeNames = (dataset: string, id: string, shard: number): string =>
  `${exportRoot(dataset, id)}whole/${String(shard).padStart(9, '0')}.json`;

/** `exports/NAME/ID/files/…`: what is handed out. An empty path is the prefix of all. */
export const exportFile = (dataset: string, id: string, path: string): string =>
  `${exportRoot(dataset, id)}files/${path}`;

/** `drawings/ASSIGNMENT/`: what an assignment's drawings were, and their answers. */
export const drawingsPrefix = (assignment: string): string => `drawings/${assignment}/`;

/** `drawings/ASSIGNMENT/000000012.json`: what an assignment's first interactions amount to (spec/scribbles.md). */
export const drawingKey = (assignment: string, n: number): string =>
  `${drawingsPrefix(assignment)}${String(n).padStart(9, '0')}.json`;

/** `drawings/ASSIGNMENT/000000012.patch.json`: its answer on the node grid, a PatchLabels. */
export const patchKey = (assignment: string, n: number): string =>
  `${drawingsPrefix(assignment)}${String(n).padStart(9, '0')}.patch.json`;

/**
 * `views/ab/abcd….2.webp`: an image as browsers are shown it: upright, lossless, nothing but pixels. `.png` where WebP cannot
 * hold it. The number is raised when some images are seen otherwise than before.
 */
export const viewKey = (sha256: string, ending: '.webp' | '.png' = '.webp'): string =>
  `views/${sha256.slice(0, 2)}/${sha256}.2${ending}`;

/** Where an image as browsers are shown it may lie: at one of these. */
export const viewKeys = (sha256: string): string[] => [viewKey(sha256), viewKey(sha256, '.png')];

/** `views/ab/abcd….2.thumb.webp`: the same, 256 pixels at its longer side. */
export const thumbnailKey = (sha256: string): string => `views/${sha256.slice(0, 2)}/${sha256}.2.thumb.webp`;

/** The known mask of an image, for a campaign's classes. */
export interface KnownOf {
  dataset: string;
  sha256: string;
  campaign: string;
  /** Which one: an import may replace it. Runs that an earlier version started do not say. */
  truth?: string;
}

/** Two masks, by their ids; the second may be a known one instead. */
export interface AgreePair {
  a: string;
  b: string | KnownOf;
}

/** `agreement/ab/abcd…-efgh….json`: two masks compared. */
export const agreementKey = ({ a, b }: AgreePair): string =>
  `agreement/${a.slice(0, 2)}/${a}-${typeof b === 'string' ? b : knownName(b)}.json`;

const knownName = ({ dataset, sha256, campaign, truth }: KnownOf): string =>
  [dataset, sha256, campaign, ...(truth ? [truth] : [])].join('-');

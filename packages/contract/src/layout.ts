/**
 * Names of objects in a store: made here, and taken apart here. They derive from content and parameters, so that a retry
 * rewrites the same object.
 */
import type { Subject } from './documents/builds.ts';
import type { ProtocolName } from './documents/evaluations.ts';
import type { StorageKind } from './documents/storage.ts';
import { defaultCodec } from './kinds.ts';
import type { ExtractSettings } from './options.ts';

/** Numbers sort as text. */
const numbered = (n: number): string => String(n).padStart(9, '0');

/** The number that an object's name ends with, before its extension; NaN where there is none. */
const numberOf = (key: string): number => Number(/(\d+)\.jsonl?$/.exec(key)?.[1]);

/** The store's id, an Identity. */
export const identityKey = 'identity.json';

/** `check/…` and `probes/….txt`: written and deleted again, to find out whether a store works. @param id a UUID */
export const trialKey = (id: string): string => `check/${id}`;
export const probeKey = (id: string): string => `probes/${id}.txt`;

/** `check/`, `probes/`: of probes that died. */
export const probePrefixes = ['check/', 'probes/'] as const;

/** `uploads/ID/`: an upload. */
export const uploadPrefix = (upload: string): string => `uploads/${upload}/`;

/** `uploads/ID/manifest.json`: its files, an UploadManifest. */
export const uploadManifestKey = (upload: string): string => `${uploadPrefix(upload)}manifest.json`;

/** `uploads/ID/report.json`: what came of it, an UploadReport. */
export const uploadReportKey = (upload: string): string => `${uploadPrefix(upload)}report.json`;

/** `uploads/ID/parts/`: the bytes of its files. */
export const uploadPartsPrefix = (upload: string): string => `${uploadPrefix(upload)}parts/`;

/** `uploads/ID/parts/000000012/000000003.bin`: the fourth part of a file. */
export const uploadPartKey = (upload: string, file: number, part: number): string =>
  `${uploadPartsPrefix(upload)}${numbered(file)}/${numbered(part)}.bin`;

/** `storage/usage.json`: what the store holds, a StorageUsage. */
export const storageUsageKey = 'storage/usage.json';

/** `storage/quota.json`: what it may hold, a StorageQuota. */
export const storageQuotaKey = 'storage/quota.json';

/** `storage/counting.txt`: written again and again while a process counts, so that others do not. */
export const storageCountingKey = 'storage/counting.txt';

/** What an object's room is counted under: its kind, and the set of keys or the dataset that it is of. */
export function storageOf(key: string): { kind: StorageKind; of: string | null } {
  const [top, second] = key.split('/');
  switch (top) {
    case 'keys':
    case 'exports':
    case 'datasets':
      return { kind: top, of: second };
    case 'images':
    case 'masks':
    case 'views':
    case 'strokes':
    case 'drawings':
    case 'builds':
    case 'bakeoffs':
    case 'agreement':
    case 'models':
      return { kind: top, of: null };
    default:
      return { kind: 'other', of: null };
  }
}

/** `images/ab/abcd….jpg`: the bytes of an image, named by their sha256. */
export const imageKey = (sha256: string, extension: string): string =>
  `images/${sha256.slice(0, 2)}/${sha256}${extension}`;

/** `keys/<backbone>/ab/abcd….safetensors` (spec/keys.md). @param backbone id of the keys, see {@link keysId} */
export const keysKey = (backbone: string, sha256: string): string =>
  `keys/${backbone}/${sha256.slice(0, 2)}/${sha256}.safetensors`;

/** `keys/`: all sets of keys, a folder each. */
export const allKeysPrefix = 'keys/';

/** `keys/NAME/` and `keys/NAME-…`: keys of a backbone, whatever their settings. */
export const keysPrefixes = (backbone: string): string[] => [`keys/${backbone}/`, `keys/${backbone}-`];

/** `key-sets/ID.json`: what the keys of an id were made with, a KeySet. @param keys their id */
export const keySetKey = (keys: string): string => `key-sets/${keys}.json`;

/**
 * The id under which keys are kept: the backbone's, every setting that differs from its own layer, facet and size, and the
 * codec if it is not float16. That one after a `+`, which no backbone's name has: `vit-int8` may well be a backbone.
 */
export function keysId(backbone: string, settings: Omit<ExtractSettings, 'backbone'>): string {
  const { layer, facet, longSide, codec = defaultCodec } = settings;
  const parts = [
    layer === undefined ? '' : `layer${layer}`,
    facet === 'key' ? '' : facet,
    longSide === undefined ? '' : `${longSide}px`,
  ];
  const id = [backbone, ...parts.filter((part) => part !== '')].join('-');
  return codec === defaultCodec ? id : `${id}+${codec}`;
}

/** `class-pictures/CAMPAIGN/`: pictures that show what belongs to a campaign's classes. */
export const classPicturesPrefix = (campaign: string): string => `class-pictures/${campaign}/`;

/** `class-pictures/CAMPAIGN/abcd….webp`: one of them, named by the sha256 of these bytes. */
export const classPictureKey = (campaign: string, picture: string): string =>
  `${classPicturesPrefix(campaign)}${picture}.webp`;

/** `backbones/`: entries of backbones that people added. */
export const backbonesPrefix = 'backbones/';

/** `backbones/NAME.json`: an AddedBackbone. */
export const backboneKey = (name: string): string => `${backbonesPrefix}${name}.json`;

/** `backbones/fetched/NAME.json`: a FetchedBackbone, the same for all who share the store. */
export const fetchedBackboneKey = (name: string): string => `${backbonesPrefix}fetched/${name}.json`;

/** The name of the entry that an object is; undefined for any other object. */
export const backboneOf = (key: string): string | undefined => /^backbones\/([^/]+)\.json$/.exec(key)?.[1];

/** `channels/`: what channels of backbones stand for. */
export const channelsPrefix = 'channels/';

/** `channels/NAME/`: one channel. */
export const channelPrefix = (channel: string): string => `${channelsPrefix}${channel}/`;

/** `channels/NAME/000000003.json`: the third ChannelEntry of a channel. @param version from 1 */
export const channelKey = (channel: string, version: number): string =>
  `${channelPrefix(channel)}${numbered(version)}.json`;

export const channelVersionOf = numberOf;

/** `models/ab/abcd…`: a file of an added backbone, named by its sha256. */
export const modelKey = (sha256: string): string => `models/${sha256.slice(0, 2)}/${sha256}`;

/** `catalog/`: documents of all datasets. */
export const catalogPrefix = 'catalog/';

/** `catalog/NAME.json`: a Dataset. */
export const datasetKey = (dataset: string): string => `${catalogPrefix}${dataset}.json`;

/** `shelf/`: of datasets in the archive, and of deleted ones. */
export const shelfPrefix = 'shelf/';

/** `shelf/NAME.json`: since when a dataset is there, a DatasetPlace. */
export const datasetPlaceKey = (dataset: string): string => `${shelfPrefix}${dataset}.json`;

/** The dataset whose place an object is; undefined for any other object. */
export const placedDatasetOf = (key: string): string | undefined => /^shelf\/([^/]+)\.json$/.exec(key)?.[1];

/** `importing/`, `importing/ID.txt`: written again and again while an import runs, so that no sweep removes what it relies on. */
export const importsPrefix = 'importing/';
export const importMarkKey = (id: string): string => `${importsPrefix}${id}.txt`;

/** `sweeping.txt`: the same while a deleted dataset goes, so that imports wait, and other sweeps. */
export const sweepMarkKey = 'sweeping.txt';

/** `datasets/`, `datasets/NAME/`: all that is kept of a dataset by shard or by image. */
export const datasetsPrefix = 'datasets/';
export const datasetPrefix = (dataset: string): string => `datasets/${dataset}/`;

/** `datasets/NAME/images/000000042.jsonl`: DatasetImages, one shard of them, never changed once written. */
export const shardKey = (dataset: string, shard: number): string => `${shardsPrefix(dataset)}${numbered(shard)}.jsonl`;

/** The shard that an object named by its number belongs to; NaN for any other object. */
export const shardOf = numberOf;

/** `datasets/NAME/images/`: all shards. */
export const shardsPrefix = (dataset: string): string => `${datasetPrefix(dataset)}images/`;

/** `datasets/NAME/names/`: of shards whose images have other names by now. */
export const namesPrefix = (dataset: string): string => `${datasetPrefix(dataset)}names/`;

/** `datasets/NAME/names/000000042.json`: names of a shard's images that are not those of its lines, a ShardNames. */
export const namesKey = (dataset: string, shard: number): string => `${namesPrefix(dataset)}${numbered(shard)}.json`;

/** `datasets/NAME/removed/`: of shards with images that were taken out. */
export const removedPrefix = (dataset: string): string => `${datasetPrefix(dataset)}removed/`;

/** `datasets/NAME/removed/000000042.json`: images of a shard that were taken out, a RemovedImages. */
export const removedKey = (dataset: string, shard: number): string =>
  `${removedPrefix(dataset)}${numbered(shard)}.json`;

/** `datasets/NAME/selections/0123456789abcdef.json`: a SelectionDocument, named by its content. */
export const selectionKey = (dataset: string, id: string): string => `${datasetPrefix(dataset)}selections/${id}.json`;

/** Documents and label images. */
export type ScribblesExtension = '.json' | '.png';

/** `datasets/NAME/scribbles/`: scribbles of all its images. */
export const allScribblesPrefix = (dataset: string): string => `${datasetPrefix(dataset)}scribbles/`;

/** `datasets/NAME/scribbles/000000042/`: scribbles of the images of one shard. */
export const scribblesPrefix = (dataset: string, shard: number): string =>
  `${allScribblesPrefix(dataset)}${numbered(shard)}/`;

/** The shard that scribbles belong to. */
export const shardOfScribbles = (key: string): number => Number(/\/scribbles\/(\d+)\//.exec(key)?.[1]);

/** `…/abcd….json` or `.png`: scribbles of an image. */
export const scribblesKey = (dataset: string, shard: number, sha256: string, extension: ScribblesExtension): string =>
  `${scribblesPrefix(dataset, shard)}${sha256}${extension}`;

/** The image that scribbles are of, and how they are written. */
export function parseScribblesKey(key: string): { sha256: string; extension: ScribblesExtension } {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return { sha256: name.replace(/\.[^.]*$/, ''), extension: name.endsWith('.png') ? '.png' : '.json' };
}

/** `datasets/NAME/truth/`: known masks. */
export const truthPrefix = (dataset: string): string => `${datasetPrefix(dataset)}truth/`;

/** `datasets/NAME/truth/abcd….png` and `.json`: a known panoptic mask of an image, and its Truth. */
export const truthKey = (dataset: string, sha256: string, extension: '.json' | '.png'): string =>
  `${truthPrefix(dataset)}${sha256}${extension}`;

/** The steps that leave a report of each shard, in the order of their names. */
export const reportKinds = ['exported', 'extracted', 'indexed', 'masks'] as const;

/** `datasets/NAME/KIND/`: reports of a step, in a folder for each of its settings. */
export const reportsPrefix = (dataset: string, kind: (typeof reportKinds)[number]): string =>
  `${datasetPrefix(dataset)}${kind}/`;

/** `KIND/SETTINGS`: the step and the settings that a report is of. */
export const stepOf = (key: string): string => key.split('/').slice(2, 4).join('/');

/** `datasets/NAME/extracted/KEYS/`: reports of a set of keys, shard by shard. */
export const keysReportsPrefix = (dataset: string, keys: string): string =>
  `${reportsPrefix(dataset, 'extracted')}${keys}/`;

/** `datasets/NAME/extracted/KEYS/000000042.json`: a shard has its keys, an ExtractReport. @param keys their id */
export const extractReportKey = (dataset: string, keys: string, shard: number): string =>
  `${keysReportsPrefix(dataset, keys)}${numbered(shard)}.json`;

/** `datasets/NAME/indexed/KEYS/000000042.json`: the keys of a shard are in the index, an IndexReport. @param keys their id */
export const indexReportKey = (dataset: string, keys: string, shard: number): string =>
  `${reportsPrefix(dataset, 'indexed')}${keys}/${numbered(shard)}.json`;

/** `datasets/NAME/index/KEYS/000000042.safetensors`: the keys of a shard in brief (core's `formats/key-index.ts`). */
export const indexKey = (dataset: string, keys: string, shard: number): string =>
  `${datasetPrefix(dataset)}index/${keys}/${numbered(shard)}.safetensors`;

/** `searches/NAME/`: all searches of a dataset. */
export const searchesPrefix = (dataset: string): string => `searches/${dataset}/`;

/** `searches/NAME/0123456789abcdef/`: one search, named by what is looked for. */
const searchPrefix = (dataset: string, id: string): string => `${searchesPrefix(dataset)}${id}/`;

/** `…/query.json`: a SearchQuery. */
export const searchQueryKey = (dataset: string, id: string): string => `${searchPrefix(dataset, id)}query.json`;

/** `…/report.json`: what was found, a SearchReport. */
export const searchReportKey = (dataset: string, id: string): string => `${searchPrefix(dataset, id)}report.json`;

/** `datasets/NAME/masks/RECIPE/`: a mask set, shard by shard. */
export const maskSetPrefix = (dataset: string, recipe: string): string =>
  `${reportsPrefix(dataset, 'masks')}${recipe}/`;

/** `datasets/NAME/masks/RECIPE/000000042.json`: the masks of a shard, a MaskReport. */
export const maskReportKey = (dataset: string, recipe: string, shard: number): string =>
  `${maskSetPrefix(dataset, recipe)}${numbered(shard)}.json`;

/** `datasets/NAME/exported/ID/`: reports of one export. */
export const exportReportsPrefix = (dataset: string, id: string): string =>
  `${reportsPrefix(dataset, 'exported')}${id}/`;

/** `datasets/NAME/exported/ID/000000042.json`: images of a shard that an export could not hold, a ShardReport. */
export const exportReportKey = (dataset: string, id: string, shard: number): string =>
  `${exportReportsPrefix(dataset, id)}${numbered(shard)}.json`;

/** The recipe that a campaign's masks are published under. */
export const campaignRecipe = (campaign: string): string => `campaign-${campaign}`;

/** The campaign that the masks of this recipe are of, published or in a build, if they are. */
export const campaignOf = (recipe: string): string | undefined => /^campaign-([^.]+)(\.[0-9a-f]+)?$/.exec(recipe)?.[1];

/** The mask set that holds a build: `campaign-ID.BUILD`, `build.BUILD`. */
export const buildRecipe = ({ kind, name }: Subject, build: string): string =>
  `${kind === 'campaign' ? campaignRecipe(name) : 'build'}.${build}`;

/** The build whose masks a mask set holds, if it is one's. */
export const buildOf = (recipe: string): string | undefined =>
  /^(?:campaign-[^.]+|build)\.([0-9a-f]+)$/.exec(recipe)?.[1];

/** The mask set that holds what a model predicts: `prelabel.MODEL`. */
export const prelabelRecipe = (model: string): string => `prelabel.${model}`;

/** The model whose predictions a mask set holds, if it holds some. */
export const prelabelOf = (recipe: string): string | undefined => /^prelabel\.([0-9a-f]+)$/.exec(recipe)?.[1];

/** The numbers of categories that masks have: a campaign's its own, all others of a dataset the same. */
function classesName(recipe: string): string {
  const campaign = campaignOf(recipe);
  return campaign === undefined ? 'masks' : campaignRecipe(campaign);
}

/** `datasets/NAME/classes/masks/`, `…/classes/campaign-ID/`: versions of the numbers of categories. */
export const classesPrefix = (dataset: string, recipe: string): string =>
  `${datasetPrefix(dataset)}classes/${classesName(recipe)}/`;

/** `…/000000001.json`: one version, a Classes. @param version from 1 */
export const classesKey = (dataset: string, recipe: string, version: number): string =>
  `${classesPrefix(dataset, recipe)}${numbered(version)}.json`;

export const classesVersionOf = numberOf;

/** Whether masks of two recipes have the same numbers of categories. */
export const shareClasses = (a: string, b: string): boolean => classesName(a) === classesName(b);

/** `masks/ab/abcd….png` and `.json`: a mask and its MaskDocument, named by the hash of all that it is made from. */
export const maskKey = (id: string, extension: '.json' | '.png'): string => `masks/${id.slice(0, 2)}/${id}${extension}`;

/** `strokes/ab/abcd….json` or `.png`: strokes as a build used them, named by their sha256. */
export const strokesKey = (sha256: string, extension: ScribblesExtension): string =>
  `strokes/${sha256.slice(0, 2)}/${sha256}${extension}`;

/** `builds/lines/ab/abcd….jsonl`: BuildImages or SnapshotImages of a shard, named by their sha256. */
export const buildLinesKey = (sha256: string): string => `builds/lines/${sha256.slice(0, 2)}/${sha256}.jsonl`;

/** `builds/snapshots/abcd….json`: a Snapshot, named by its sha256. */
export const snapshotKey = (sha256: string): string => `builds/snapshots/${sha256}.json`;

/** `builds/snapshots/`: snapshots of all campaigns and datasets. */
export const snapshotsPrefix = 'builds/snapshots/';

/** `builds/campaigns/`, `builds/datasets/`: builds of all of a kind. */
export const allBuildsPrefix = (kind: Subject['kind']): string => `builds/${kind}s/`;

/** The build whose document an object is; undefined for any other object. */
export const buildDocumentOf = (key: string): string | undefined =>
  /^builds\/\w+\/[^/]+\/([0-9a-f]{16})\.json$/.exec(key)?.[1];

/** `builds/campaigns/ID/`, `builds/datasets/NAME/`: builds of one campaign or dataset. */
export const buildsPrefix = ({ kind, name }: Subject): string => `builds/${kind}s/${name}/`;

/** `…/0123456789abcdef.json`: a Build. */
export const buildKey = (of: Subject, build: string): string => `${buildsPrefix(of)}${build}.json`;

/** `…/compared/BEFORE-AFTER/`: two builds compared. @param before null: with nothing */
export const comparedPrefix = (of: Subject, before: string | null, after: string): string =>
  `${buildsPrefix(of)}compared/${before ?? 'none'}-${after}/`;

/** `…/comparison.json`: in all, a Comparison. */
export const comparisonKey = (of: Subject, before: string | null, after: string): string =>
  `${comparedPrefix(of, before, after)}comparison.json`;

/** `…/000000042.jsonl`: ComparedImages of a shard. */
export const comparedLinesKey = (of: Subject, before: string | null, after: string, shard: number): string =>
  `${comparedPrefix(of, before, after)}${numbered(shard)}.jsonl`;

/** `…/ranked/`: ComparedImages, the most changed first. */
export const rankedPrefix = (of: Subject, before: string | null, after: string): string =>
  `${comparedPrefix(of, before, after)}ranked/`;

/** `…/ranked/000000042.jsonl`: a part of them. */
export const rankedKey = (of: Subject, before: string | null, after: string, part: number): string =>
  `${rankedPrefix(of, before, after)}${numbered(part)}.jsonl`;

/** `bakeoffs/campaigns/ID/`, `bakeoffs/datasets/NAME/`: bake-offs of one campaign or dataset. */
export const bakeoffsPrefix = ({ kind, name }: Subject): string => `bakeoffs/${kind}s/${name}/`;

/** `…/plans/`: their plans. */
export const bakeoffPlansPrefix = (of: Subject): string => `${bakeoffsPrefix(of)}plans/`;

/** `…/plans/0123456789abcdef.json`: a BakeoffPlan. */
export const bakeoffPlanKey = (of: Subject, bakeoff: string): string => `${bakeoffPlansPrefix(of)}${bakeoff}.json`;

/** The bake-off whose plan an object is; undefined for any other object. */
export const bakeoffOf = (key: string): string | undefined => /\/plans\/([0-9a-f]{16})\.json$/.exec(key)?.[1];

const bakeoffPrefix = (of: Subject, bakeoff: string): string => `${bakeoffsPrefix(of)}${bakeoff}/`;

/** `…/0123456789abcdef/keys/2/000000012.json`: BakeoffKeys of a part of the sample by a variant; `masks`: BakeoffMasks. */
export const bakeoffPartKey = (
  of: Subject,
  bakeoff: string,
  kind: 'keys' | 'masks',
  { variant, from }: { variant: number; from: number },
): string => `${bakeoffPrefix(of, bakeoff)}${kind}/${variant}/${numbered(from)}.json`;

/** All parts of a variant. */
export const bakeoffPartsPrefix = (of: Subject, bakeoff: string, kind: 'keys' | 'masks', variant: number): string =>
  `${bakeoffPrefix(of, bakeoff)}${kind}/${variant}/`;

/** `…/report.json`: a BakeoffReport. */
export const bakeoffReportKey = (of: Subject, bakeoff: string): string => `${bakeoffPrefix(of, bakeoff)}report.json`;

/** `evaluations/NAME/`: all evaluations of a dataset. */
export const evaluationsPrefix = (dataset: string): string => `evaluations/${dataset}/`;

/** `evaluations/NAME/ID/`: an evaluation of a dataset. */
const evaluationPrefix = (dataset: string, id: string): string => `${evaluationsPrefix(dataset)}${id}/`;

/** `…/plan.json`: a DatasetEvaluation. */
export const evaluationKey = (dataset: string, id: string): string => `${evaluationPrefix(dataset, id)}plan.json`;

/** `…/images/000000042.jsonl`: EvaluatedImages of a part. */
export const evaluatedImagesKey = (dataset: string, id: string, part: number): string =>
  `${evaluationPrefix(dataset, id)}images/${numbered(part)}.jsonl`;

/** `…/rows/PROTOCOL/000000042.json`: what a protocol found on an image, an EvaluationOutcome. @param at its place */
export const evaluationOutcomeKey = (dataset: string, id: string, protocol: ProtocolName, at: number): string =>
  `${evaluationPrefix(dataset, id)}rows/${protocol}/${numbered(at)}.json`;

/** `statistics/ab/abcd….safetensors`: what some images teach (core's `formats/statistics.ts`), named by what they were drawn. */
export const statisticsKey = (id: string): string => `statistics/${id.slice(0, 2)}/${id}.safetensors`;

/** `priors/ab/abcd….safetensors`: what a solve hears of a corpus (core's `formats/corpus-prior.ts`), named by its sha256. */
export const priorKey = (id: string): string => `priors/${id.slice(0, 2)}/${id}.safetensors`;

/** `prelabels/NAME/`: plans and models of a dataset's pre-labels. */
export const prelabelsPrefix = (dataset: string): string => `prelabels/${dataset}/`;

/** `…/plans/0123456789abcdef.json`: a PrelabelPlan. */
export const prelabelPlanKey = (dataset: string, plan: string): string =>
  `${prelabelsPrefix(dataset)}plans/${plan}.json`;

/** `…/taught/PLAN/000000042.json`: a shard that was taught, a TaughtReport. */
export const taughtReportKey = (dataset: string, plan: string, shard: number): string =>
  `${prelabelsPrefix(dataset)}taught/${plan}/${numbered(shard)}.json`;

/** `…/models/0123456789abcdef.json`: a PrelabelModel. */
export const prelabelModelKey = (dataset: string, model: string): string =>
  `${prelabelsPrefix(dataset)}models/${model}.json`;

/** `…/next/0123456789abcdef.json`: NextImages. */
export const nextImagesKey = (dataset: string, id: string): string => `${prelabelsPrefix(dataset)}next/${id}.json`;

/** `…/current.json`: the pre-labels that the dataset has, CurrentPrelabels. */
export const currentPrelabelsKey = (dataset: string): string => `${prelabelsPrefix(dataset)}current.json`;

/** `…/sorted/`: ComparedImages in order, in pieces, while they are ranked. */
export const sortedPrefix = (of: Subject, before: string | null, after: string): string =>
  `${comparedPrefix(of, before, after)}sorted/`;

/** `…/sorted/0-000000042.txt`: one of them. @param level how often it was merged */
export const sortedKey = (of: Subject, before: string | null, after: string, level: number, n: number): string =>
  `${sortedPrefix(of, before, after)}${level}-${numbered(n)}.txt`;

/** `…/rebuilt/BUILD/000000042.json`: a shard of a build that was made again, a RebuildReport. */
export const rebuildReportKey = (of: Subject, build: string, shard: number): string =>
  `${buildsPrefix(of)}rebuilt/${build}/${numbered(shard)}.json`;

/** `exports/NAME/`: all exports of a dataset. */
export const exportsPrefix = (dataset: string): string => `exports/${dataset}/`;

/** `exports/NAME/ID/`: one export. */
export const exportPrefix = (dataset: string, id: string): string => `${exportsPrefix(dataset)}${id}/`;

/** `exports/NAME/ID/plan.json`: an ExportPlanDocument. */
export const exportPlanKey = (dataset: string, id: string): string => `${exportPrefix(dataset, id)}plan.json`;

/** `exports/NAME/ID/summary.json`: an ExportSummary. */
export const exportSummaryKey = (dataset: string, id: string): string => `${exportPrefix(dataset, id)}summary.json`;

/** `exports/NAME/ID/lines/LIST/000000042`: a shard's lines of a document. */
export const exportLinesKey = (dataset: string, id: string, list: string, shard: number): string =>
  `${exportPrefix(dataset, id)}lines/${list}/${numbered(shard)}`;

/** `exports/NAME/ID/whole/000000042.json`: ids of a shard's images whose files are named with their extension. */
export const wholeNamesKey = (dataset: string, id: string, shard: number): string =>
  `${exportPrefix(dataset, id)}whole/${numbered(shard)}.json`;

/** `exports/NAME/ID/files/`: all that is handed out. */
export const exportFilesPrefix = (dataset: string, id: string): string => `${exportPrefix(dataset, id)}files/`;

/** `exports/NAME/ID/files/…`: a file, by its path in the export. */
export const exportFileKey = (dataset: string, id: string, path: string): string =>
  `${exportFilesPrefix(dataset, id)}${path}`;

/** The path of a file in its export. */
export const exportPathOf = (dataset: string, id: string, key: string): string =>
  key.slice(exportFilesPrefix(dataset, id).length);

/** `drawings/ASSIGNMENT/`: an assignment's drawings, and their answers. */
export const drawingsPrefix = (assignment: string): string => `drawings/${assignment}/`;

/** `drawings/ASSIGNMENT/000000012.json`: the drawing of an assignment's first interactions (spec/scribbles.md). */
export const drawingKey = (assignment: string, n: number): string => `${drawingsPrefix(assignment)}${numbered(n)}.json`;

/** `drawings/ASSIGNMENT/000000012.patch.json`: its answer on the node grid, NodeLabels. */
export const nodeLabelsKey = (assignment: string, n: number): string =>
  `${drawingsPrefix(assignment)}${numbered(n)}.patch.json`;

/**
 * `views/ab/abcd….2.webp`: an image as browsers are shown it: upright, lossless, nothing but pixels. `.png` where WebP cannot
 * hold it. The number is raised when some images are seen otherwise than before.
 */
export const viewKey = (sha256: string, ending: '.webp' | '.png' = '.webp'): string =>
  `views/${sha256.slice(0, 2)}/${sha256}.2${ending}`;

/** `known/`: known masks as regions. */
export const knownPrefix = 'known/';

/** The image that such an object is of; undefined for any other object. */
export const imageOfKnown = (key: string): string | undefined => /^known\/[0-9a-f]{2}\/([0-9a-f]{64})-/.exec(key)?.[1];

/** `known/ab/abcd…-0123456789abcdef.json`: a known mask of an image, or one of a set, as KnownRegions. @param known its id */
export const knownRegionsKey = ({ sha256, known }: { sha256: string; known: string }): string =>
  `known/${sha256.slice(0, 2)}/${sha256}-${known}.json`;

/** `views/`: all views and thumbnails. */
export const viewsPrefix = 'views/';

/** Where an image as browsers are shown it may lie: at one of these. */
export const viewKeys = (sha256: string): string[] => [viewKey(sha256), viewKey(sha256, '.png')];

/** `views/ab/abcd….2.thumb.webp`: the same, 256 pixels at its longer side. */
export const thumbnailKey = (sha256: string): string => `views/${sha256.slice(0, 2)}/${sha256}.2.thumb.webp`;

/** `agreement/ab/abcd…-`: comparisons of a mask with others. */
export const agreementPrefix = (mask: string): string => `agreement/${mask.slice(0, 2)}/${mask}-`;

/** The known mask of an image, for a campaign's categories. */
export interface KnownOf {
  dataset: string;
  sha256: string;
  campaign: string;
  /** Which one: an import may replace it. Absent from runs that an earlier version started. */
  truth?: string;
}

/** Two masks, by their ids; the second may be a known one instead. */
export interface AgreePair {
  a: string;
  b: string | KnownOf;
}

/** `agreement/ab/abcd…-efgh….json`: two masks compared, an AgreementReport. */
export const agreementKey = ({ a, b }: AgreePair): string =>
  `agreement/${a.slice(0, 2)}/${a}-${typeof b === 'string' ? b : knownName(b)}.json`;

const knownName = ({ dataset, sha256, campaign, truth }: KnownOf): string =>
  [dataset, sha256, campaign, ...(truth ? [truth] : [])].join('-');

/** A mask that an annotator handed in: of the first n interactions of an assignment. */
export interface HandedIn {
  assignment: string;
  n: number;
  mask: string;
  /** The known mask of its image, where there is one: which one, since an import may replace it. */
  truth?: string;
}

/** `label-efficiency/ASSIGNMENT/000000012-abcd….json`: how good a drawing's mask was step by step, a LabelEfficiencyReport. */
export const labelEfficiencyKey = ({ assignment, n, mask, truth }: HandedIn): string =>
  `label-efficiency/${assignment}/${[numbered(n), mask, ...(truth ? [truth] : [])].join('-')}.json`;

/** `label-efficiency/ASSIGNMENT/`: how good an assignment's drawings were. */
export const labelEfficiencyPrefix = (assignment: string): string => `label-efficiency/${assignment}/`;

/** `label-efficiency/ASSIGNMENT/000000012.steps.json`: a drawing as it grew, DrawingSteps, while it waits for its replay. */
export const drawingStepsKey = ({ assignment, n }: Pick<HandedIn, 'assignment' | 'n'>): string =>
  `label-efficiency/${assignment}/${numbered(n)}.steps.json`;

/** `restoring.json`: a store into which a backup is being restored, a Restoring; no one else may use it. */
export const restoringKey = 'restoring.json';

/**
 * What a backup does with an object. `kept`: it holds it; such an object never changes once it is written. `changing`: the same
 * of one that may be replaced or removed. `masks`, `exports`: only if somebody asks for these, and masks that rows of the
 * database name in any case. `rebuilt`: it does not, since runs make it again, or nobody misses it.
 */
export type Keeping = 'kept' | 'changing' | 'masks' | 'exports' | 'rebuilt';

/** By the start of a name; the first that fits. */
const keepings: readonly [RegExp, Keeping][] = [
  [/^(class-pictures|images|models|priors|strokes)\//, 'kept'],
  [/^(identity\.json$|builds\/(lines|snapshots)\/)/, 'kept'],
  [/^(backbones|channels|catalog|key-sets|drawings|shelf)\//, 'changing'],
  [/^datasets\/[^/]+\/(images|classes|selections)\//, 'kept'],
  [/^datasets\/[^/]+\/(names|removed|scribbles|truth)\//, 'changing'],
  // The masks of builds and campaigns: with hashes of their bytes, by which they are rebuilt.
  [/^datasets\/[^/]+\/masks\/(campaign-|build\.)/, 'changing'],
  [/^datasets\/[^/]+\/masks\/|^masks\//, 'masks'],
  [/^(prelabels|searches|statistics)\//, 'rebuilt'],
  [/^datasets\/[^/]+\/exported\/|^exports\//, 'exports'],
  // A report says that work is done: without what it tells of, it would stay undone.
  [/^datasets\/[^/]+\/(extracted|index|indexed)\/|^builds\/\w+\/[^/]+\/rebuilt\//, 'rebuilt'],
  [/^builds\/\w+\/[^/]+\/compared\/[^/]+\/sorted\//, 'rebuilt'],
  [/^builds\/\w+\/[^/]+\/compared\//, 'changing'],
  [/^builds\/\w+\/[^/]+\/[^/]+\.json$/, 'kept'],
  [/^bakeoffs\/\w+\/[^/]+\/[0-9a-f]+\/(keys|masks)\//, 'rebuilt'],
  [/^bakeoffs\//, 'kept'],
  [/^storage\/quota\.json$/, 'changing'],
  [
    /^(keys|known|views|agreement|evaluations|importing|label-efficiency|check|probes|storage|uploads)\/|^(restoring\.json|sweeping\.txt)$/,
    'rebuilt',
  ],
];

/** Undefined of an object that is none of ours. */
export const keepingOf = (key: string): Keeping | undefined => keepings.find(([form]) => form.test(key))?.[1];

/** `masks/`, `exports/`: masks of all kinds, and exports of all datasets. */
export const masksPrefix = 'masks/';
export const allExportsPrefix = 'exports/';

/** All objects that are not merely rebuilt lie below these, in the order of their names. */
export const keptPrefixes = [
  ...['backbones/', 'bakeoffs/', 'builds/', 'catalog/', 'channels/', 'class-pictures/', 'datasets/', 'drawings/'],
  ...[
    allExportsPrefix,
    identityKey,
    'images/',
    'key-sets/',
    masksPrefix,
    'models/',
    'priors/',
    shelfPrefix,
    storageQuotaKey,
    'strokes/',
  ],
] as const;

/** The sha256 of an object's bytes, where its name says it. */
export const contentOf = (key: string): string | undefined =>
  /^(?:class-pictures\/[^/]+|images|models|priors|strokes|builds\/(?:lines|snapshots))\/(?:[0-9a-f]{2}\/)?([0-9a-f]{64})(?:\.\w+)?$/.exec(
    key,
  )?.[1];

/** In a backup's destination. `backups/`: the manifests. */
export const backupsPrefix = 'backups/';

/** `backups/20261129T204501123Z.json`: a Manifest. @param id the time that it is of */
export const backupKey = (id: string): string => `${backupsPrefix}${id}.json`;

export const backupIdOf = (key: string): string | undefined => /^backups\/([0-9]{8}T[0-9]{9}Z)\.json$/.exec(key)?.[1];

/** `pool/`: the bytes of all backups. */
export const poolPrefix = 'pool/';

/** `pool/ab/abcd…`: named by their sha256. */
export const poolKey = (sha256: string): string => `${poolPrefix}${sha256.slice(0, 2)}/${sha256}`;

export const pooledOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);

/** `lock.json`: a BackupLock. */
export const backupLockKey = 'lock.json';

/** Folders of the layout; `datasets/NAME/` and `exports/NAME/` have folders of their own. */
const folders = [
  ...[
    'backbones',
    'bakeoffs',
    'builds',
    'catalog',
    'channels',
    'check',
    'class-pictures',
    'datasets',
    'drawings',
    'evaluations',
    'exports',
    'images',
    'importing',
  ],
  ...[
    'key-sets',
    'keys',
    'known',
    'masks',
    'models',
    'prelabels',
    'priors',
    'probes',
    'searches',
    'shelf',
    'statistics',
    'strokes',
    'uploads',
    'views',
  ],
];
const inner = [
  'classes',
  'exported',
  'extracted',
  'files',
  'images',
  'index',
  'indexed',
  'lines',
  'masks',
  'names',
  'removed',
  'scribbles',
  'selections',
  'truth',
];

/** What kind of object a key names, for figures and traces: a folder of the layout, without a name that people gave. */
export function kindOf(key: string): string {
  const [first, , second, third] = key.split('/');
  if (key === identityKey) return 'identity';
  if (!folders.includes(first)) return 'other';
  const within = { datasets: second, exports: third }[first];
  return within !== undefined && inner.includes(within) ? `${first}/${within}` : first;
}

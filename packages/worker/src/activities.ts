/** The activities that workflows call, over whatever store and backbone they are given. */
import { position as positionSchema, type ShardActivities } from '@saltworks/contract/messages/activities';
import type { AnnotateActivities } from '@saltworks/contract/messages/annotate';
import type { BakeoffActivities } from '@saltworks/contract/messages/bakeoff';
import type { EvaluationActivities } from '@saltworks/contract/messages/evaluate';
import type { MeasureActivities } from '@saltworks/contract/messages/measure';
import type { PrelabelActivities } from '@saltworks/contract/messages/prelabel';
import type { BuildActivities } from '@saltworks/contract/messages/relabel';
import type { ImportActivities } from '@saltworks/contract/messages/schedules';
import type { SearchActivities } from '@saltworks/contract/messages/search';
import type { UploadActivities } from '@saltworks/contract/messages/uploads';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { expectStorage } from '@saltworks/store/storage/level';
import { Context } from '@temporalio/activity';
import { type AnnotateDeps, answerMask, answerNodeLabels, attribute, openImage } from './annotate.ts';
import { extractSample } from './bakeoff/keys.ts';
import { type JudgeDeps, judgeSample } from './bakeoff/masks.ts';
import { finishBakeoff } from './bakeoff/report.ts';
import { buildShard } from './build.ts';
import { compareShard } from './compare-shard.ts';
import { type EvaluateDeps, evaluateImages } from './evaluation/evaluate-images.ts';
import { exportShard, finishExport, prepareExport } from './export.ts';
import { type ExtractDeps, extractShard } from './extract.ts';
import { type ImportDeps, importImages } from './import.ts';
import { writeKnownRegions } from './known-regions.ts';
import type { MaskDeps } from './make-mask.ts';
import { agree, makeConsensus, type ReplayDeps, replayDrawing } from './measure.ts';
import { importPlace } from './place.ts';
import { finishPrelabels, type OrderDeps } from './prelabels/order.ts';
import { type PredictDeps, predictShard } from './prelabels/predict.ts';
import { finishTeaching, type TeachDeps, teachShard } from './prelabels/teach.ts';
import type { WeighDeps } from './prelabels/weigh.ts';
import { propagateShard } from './propagate.ts';
import { finishComparison } from './rank-images.ts';
import { describeBuild, rebuildShard } from './rebuild.ts';
import { findPlaces } from './searches/find-places.ts';
import { indexShard } from './searches/index-shard.ts';
import type { Pulse } from './shard.ts';
import { importUpload } from './upload.ts';
import { showImages } from './views.ts';

const BEAT_MS = 2_000;

/** @param deps sessions and queue: of a worker that serves annotators; evaluating: of one that runs protocols */
export function createActivities(
  deps: ExtractDeps &
    MaskDeps &
    JudgeDeps &
    ReplayDeps &
    TeachDeps &
    PredictDeps &
    OrderDeps &
    WeighDeps &
    ImportDeps &
    Partial<Pick<AnnotateDeps, 'sessions' | 'queue'>> & {
      evaluating?: Omit<EvaluateDeps, keyof ExtractDeps>;
    },
): ShardActivities &
  MeasureActivities &
  BuildActivities &
  BakeoffActivities &
  PrelabelActivities &
  SearchActivities &
  ImportActivities &
  UploadActivities &
  Partial<AnnotateActivities & EvaluationActivities> {
  const { sessions, queue, evaluating } = deps;
  /** For what fills the store; strokes and their masks go on. */
  const withRoom = <T>(work: (pulse: Pulse) => Promise<T>): Promise<T> =>
    withPulse(async (pulse) => {
      await expectStorage(deps.store, { signal: pulse.signal });
      return work(pulse);
    });
  return {
    async describeDataset({ dataset }) {
      const { shards, images } = await readDataset(deps.store, dataset);
      return { shards, images };
    },
    extractShard: (request) => withRoom((pulse) => extractShard(deps, request, pulse)),
    propagateShard: (request) => withRoom((pulse) => propagateShard(deps, request, pulse)),
    prepareExport: (request) => withPulse(({ signal }) => prepareExport(deps.store, request, signal)),
    exportShard: (request) => withRoom((pulse) => exportShard(deps, request, pulse)),
    finishExport: (request) => withPulse(({ signal }) => finishExport(deps.store, request, signal)),
    importImages: (request) => withRoom(({ signal }) => importImages(deps, request, signal)),
    importUpload: (request) => withRoom(({ signal }) => importUpload(deps, request, signal)),
    importPlace: (request) => withRoom(({ signal }) => importPlace(deps, request, signal)),
    agree: (request) => withPulse((pulse) => agree(deps, request, pulse)),
    makeConsensus: (request) => withPulse(({ signal }) => makeConsensus(deps, request, signal)),
    replayDrawing: (request) => withPulse((pulse) => replayDrawing(deps, request, pulse)),
    buildShard: (request) => withRoom((pulse) => buildShard(deps, request, pulse)),
    describeBuild: (request) => withPulse(({ signal }) => describeBuild(deps.store, request, signal)),
    rebuildShard: (request) => withPulse((pulse) => rebuildShard(deps, request, pulse)),
    compareShard: (request) => withPulse((pulse) => compareShard(deps.store, request, pulse)),
    finishComparison: (request) => withPulse((pulse) => finishComparison(deps.store, request, pulse)),
    extractSample: (request) => withRoom((pulse) => extractSample(deps, request, pulse)),
    judgeSample: (request) => withRoom((pulse) => judgeSample(deps, request, pulse)),
    finishBakeoff: (request) => withPulse(({ signal }) => finishBakeoff(deps.store, request, signal)),
    teachShard: (request) => withRoom((pulse) => teachShard(deps, request, pulse)),
    finishTeaching: (request) => withRoom((pulse) => finishTeaching(deps, request, pulse)),
    predictShard: (request) => withRoom((pulse) => predictShard(deps, request, pulse)),
    finishPrelabels: (request) => withRoom((pulse) => finishPrelabels(deps, request, pulse)),
    indexShard: (request) => withRoom((pulse) => indexShard(deps, request, pulse)),
    findPlaces: (request) => withPulse((pulse) => findPlaces(deps, request, pulse)),
    ...(evaluating && {
      evaluateImages: (request) => withRoom((pulse) => evaluateImages({ ...deps, ...evaluating }, request, pulse)),
    }),
    ...(sessions && queue !== undefined ? createAnnotateActivities({ ...deps, sessions, queue }) : {}),
  };
}

export function createAnnotateActivities(deps: AnnotateDeps): AnnotateActivities {
  return {
    openImage: (request) => withPulse(({ signal }) => openImage(deps, request, signal)),
    answerPatch: (request) => withPulse(({ signal }) => answerNodeLabels(deps, request, signal)),
    answerPixel: (request) => withPulse(({ signal }) => answerMask(deps, request, signal)),
    attribute: (request) => withPulse(({ signal }) => attribute(deps, request, signal)),
    showImages: (request) => withPulse(({ signal }) => showImages(deps, request, signal)),
    writeKnownRegions: (request) => withPulse(({ signal }) => writeKnownRegions(deps, request, signal)),
  };
}

/** Sends heartbeats with the position while an activity works, however long one image takes. */
async function withPulse<T>(work: (pulse: Pulse) => Promise<T>): Promise<T> {
  const context = Context.current();
  // A worker of another version may have told something else: then the shard starts over.
  let position = positionSchema.safeParse(context.info.heartbeatDetails).data;
  const timer = setInterval(() => context.heartbeat(position), BEAT_MS);
  try {
    return await work({
      last: position,
      beat(now) {
        position = now;
        context.heartbeat(now);
      },
      signal: context.cancellationSignal,
      attempt: context.info.attempt,
    });
  } finally {
    clearInterval(timer);
  }
}

/** Compares annotators' masks of one image, makes one mask, the consensus, of all their strokes, and replays drawings. */
import { type AgreementReport, agreementVersion } from '@saltworks/contract/documents/agreement';
import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import {
  drawingSteps,
  type LabelEfficiencyReport,
  labelEfficiencyVersion,
} from '@saltworks/contract/documents/label-efficiency';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  agreementKey,
  drawingKey,
  drawingStepsKey,
  keysId,
  labelEfficiencyKey,
  maskKey,
} from '@saltworks/contract/layout';
import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type {
  AgreeRequest,
  ConsensusAnswer,
  ConsensusRequest,
  ReplayRequest,
} from '@saltworks/contract/messages/measure';
import { agreement } from '@saltworks/core/crowd/agreement';
import { knownAgreement } from '@saltworks/core/crowd/known-image';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { readLabelEfficiency } from '@saltworks/store/datasets/label-efficiency';
import { readDocument } from '@saltworks/store/objects/documents';
import { ObjectMissingError, type ObjectStore, StoreRefusedError } from '@saltworks/store/objects/store';
import { type KeysDeps, readKeys } from './cached-keys.ts';
import { knownMask } from './known-mask.ts';
import { type MaskDeps, makeMask } from './make-mask.ts';
import type { MaskNames } from './mask-file.ts';
import type { ReplayThreads } from './mask-threads.ts';
import { storeConsensus } from './masks.ts';
import { readPrior } from './priors.ts';
import { recipeOf } from './propagate.ts';
import type { ReplayJob } from './replay-job.ts';
import type { Pulse } from './shard.ts';
import { readKnownMask, readNamedMask } from './stored-masks.ts';

export async function agree(
  { store }: Pick<MaskDeps, 'store'>,
  request: AgreeRequest,
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
): Promise<void> {
  const known = await readAgreement(store, request, { signal });
  if (known && !('again' in known)) return;
  await store.put(agreementKey(request), JSON.stringify(await compare(store, request, { signal, attempt })), {
    signal,
  });
}

async function compare(
  store: ObjectStore,
  { a, b, classes: offered }: AgreeRequest,
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
): Promise<AgreementReport> {
  const version = agreementVersion;
  return reportOr(version, { signal, attempt }, async () => {
    const answer = await readNamedMask(store, a, signal);
    const { miou, pixels, kappa, classes } =
      typeof b === 'string'
        ? agreement(answer, await readNamedMask(store, b, signal))
        : knownAgreement(answer, ...(await readKnownMask(store, b, offered, signal)));
    const named = classes.map(({ category, ...rest }) => ({ category: String(category), ...rest }));
    return { version, miou, pixels, kappa, classes: named };
  });
}

/** What is kept where there is nothing to measure. @property again an object was missing, and may come back */
interface Reason<V extends number> {
  version: V;
  reason: string;
  again?: true;
}

/** A report with the reason where there is none, so that nobody waits. @throws what is worth another try */
async function reportOr<Report, V extends number>(
  version: V,
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
  report: () => Promise<Report>,
): Promise<Report | Reason<V>> {
  try {
    return await report();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StoreRefusedError) throw error;
    const reason = (error as Error).message.replaceAll('\n', ' ');
    if (error instanceof InvalidInputError) return { version, reason };
    const stays = [ObjectMissingError, UnreadableDocumentError, TypeError, RangeError].some(
      (kind) => error instanceof kind,
    );
    if (stays || attempt >= agreeAttempts) return { version, reason, again: true };
    throw error;
  }
}

/** Stores the consensus under the hash of all that it is made from, unless it is there. */
export async function makeConsensus(
  deps: MaskDeps,
  request: ConsensusRequest,
  signal: AbortSignal,
): Promise<ConsensusAnswer> {
  const { store } = deps;
  const { image, extract } = request;
  const { recipe, options } = recipeOf(request, await deps.findBackbone?.(extract.backbone));
  const annotations = await Promise.all(
    request.annotations.map(async ({ annotator, assignment, n, mask, weight }) => ({
      annotator,
      weight,
      scribbles: await store.get(drawingKey(assignment, n), { signal }),
      mask: await store.get(maskKey(mask, '.png'), { signal }),
    })),
  );
  const make = (names: MaskNames) => makeMask(deps, { image, extract, options, names, annotations }, signal);
  const origin = { image, annotations, recipe, options, backbone: keysId(extract.backbone, extract) };
  const { mask, dissent } = await storeConsensus(store, origin, make, signal);
  return { mask, dissent };
}

export interface ReplayDeps extends KeysDeps {
  maskThreads: ReplayThreads;
}

/** Makes a drawing's masks step by step and stores how good they are; then what it was replayed from is no longer needed. */
export async function replayDrawing(
  deps: ReplayDeps,
  request: ReplayRequest,
  { signal, attempt }: Pick<Pulse, 'signal' | 'attempt'>,
): Promise<void> {
  const { store } = deps;
  const known = await readLabelEfficiency(store, request, { signal });
  if (!known || 'again' in known) {
    const version = labelEfficiencyVersion;
    const report = await reportOr<LabelEfficiencyReport, typeof version>(version, { signal, attempt }, async () => ({
      version,
      steps: await replayed(deps, request, signal),
    }));
    await store.put(labelEfficiencyKey(request), JSON.stringify(report), { signal });
  }
  await store.delete(drawingStepsKey(request), { signal });
}

async function replayed(
  { maskThreads, ...deps }: ReplayDeps,
  request: ReplayRequest,
  signal: AbortSignal,
): Promise<Extract<LabelEfficiencyReport, { steps: unknown }>['steps']> {
  const { store, readObject, maxPixels } = deps;
  const { dataset, image, extract, options, mask, truth, classes } = request;
  const steps = await readDocument(store, drawingStepsKey(request), drawingSteps, { signal });
  if (!steps) throw new ObjectMissingError(drawingStepsKey(request));
  const job: ReplayJob = {
    kind: 'replay',
    image: await readObject(image.object, signal),
    keys: await readKeys(deps, image, extract, signal),
    handedIn: await store.get(maskKey(mask, '.png'), { signal }),
    ...{ steps, options, maxPixels, classes, prior: await readPrior(store, options, extract, signal) },
    ...(truth && { known: await knownMask(store, dataset, { ...image, known: truth }, signal) }),
    listed: (await readDataset(store, dataset, { signal })).categories.map(({ name }) => name),
  };
  const scores = await maskThreads.run(job, { move: [job.image, job.keys], signal });
  return steps.steps.map(({ strokes, seconds }, i) => ({ strokes, seconds, ...scores[i] }));
}

/** Compares annotators' masks of one image, and makes one mask, the consensus, of all their strokes. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import { type AgreementReport, agreementVersion } from '@saltworks/contract/documents/agreement';
import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import { consensusDocument, type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { agreementKey, drawingKey, keysId, maskKey, truthKey } from '@saltworks/contract/layout';
import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type { AgreeRequest, ConsensusAnswer, ConsensusRequest } from '@saltworks/contract/messages/measure';
import { agreement } from '@saltworks/core/crowd/agreement';
import { type KnownMask, knownAgreement } from '@saltworks/core/crowd/known-image';
import { decodePanoptic, type Mask } from '@saltworks/core/mask/mask';
import { consensusId } from '@saltworks/store/builds/mask-names';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { isMaskOf, readTruth } from '@saltworks/store/datasets/truth';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import { ObjectMissingError, type ObjectStore, StoreRefusedError } from '@saltworks/store/objects/store';
import { type KeysDeps, readKeys } from './cached-keys.ts';
import type { MaskThreads } from './mask-threads.ts';
import { originFields } from './masks.ts';
import { recipeOf } from './propagate.ts';
import type { Pulse } from './shard.ts';

export interface MeasureDeps extends KeysDeps {
  maskThreads: MaskThreads;
}

export async function agree(
  { store }: MeasureDeps,
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
  try {
    const answer = await answerOf(store, a, signal);
    const { miou, pixels, kappa, classes } =
      typeof b === 'string'
        ? agreement(answer, await answerOf(store, b, signal))
        : knownAgreement(answer, ...(await knownMask(store, b, offered, signal)));
    const named = classes.map(({ category, ...rest }) => ({ category: String(category), ...rest }));
    return { version, miou, pixels, kappa, classes: named };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StoreRefusedError) throw error;
    // A report with the reason, so that nobody waits; any other error is worth another try.
    const reason = (error as Error).message.replaceAll('\n', ' ');
    if (error instanceof InvalidInputError) return { version, reason };
    const stays = [ObjectMissingError, UnreadableDocumentError, TypeError, RangeError].some(
      (kind) => error instanceof kind,
    );
    if (stays || attempt >= agreeAttempts) return { version, reason, again: true };
    throw error;
  }
}

/** A mask that somebody drew, and the names of its segments. */
async function answerOf(store: ObjectStore, id: string, signal: AbortSignal) {
  const mask = await readMask(store, maskKey(id, '.png'), signal);
  const document = await readDocument(store, maskKey(id, '.json'), maskDocument, { signal });
  if (!document) throw new ObjectMissingError(maskKey(id, '.json'));
  const names = new Map(document.categories.map(({ id, name }) => [id, name]));
  const categories = new Map(document.segments_info.map(({ id, category_id }) => [id, names.get(category_id) ?? '']));
  return { mask, categories };
}

/** The known mask of an image, and the classes to compare it in. */
async function knownMask(
  store: ObjectStore,
  { dataset, sha256 }: { dataset: string; sha256: string },
  classes: string[],
  signal: AbortSignal,
): Promise<[KnownMask, { classes: string[]; listed: string[] }]> {
  const png = truthKey(dataset, sha256, '.png');
  const truth = await readTruth(store, { dataset, sha256 }, { signal });
  if (!truth) throw new ObjectMissingError(png);
  const file = await store.get(png, { signal });
  if (!isMaskOf(truth, file)) throw new Error(`${png} is being replaced; expected another try`);
  const { categories: listed } = await readDataset(store, dataset, { signal });
  return [
    { mask: decodePanoptic(await decodeImage(file)), segments: truth.segments_info, categories: truth.categories },
    { classes, listed: listed.map(({ name }) => name) },
  ];
}

const readMask = async (store: ObjectStore, key: string, signal: AbortSignal): Promise<Mask> =>
  decodePanoptic(await decodeImage(await store.get(key, { signal })));

/** Stores the consensus under the hash of all that it is made from, unless it is there. */
export async function makeConsensus(
  deps: MeasureDeps,
  request: ConsensusRequest,
  signal: AbortSignal,
): Promise<ConsensusAnswer> {
  const { store, readObject, maxPixels, maskThreads } = deps;
  const { image, extract, annotations } = request;
  const { recipe, options } = recipeOf(request, await deps.findBackbone?.(extract.backbone));
  const backbone = keysId(extract.backbone, extract);
  const drawn = await Promise.all(
    annotations.map(async ({ annotator, assignment, n, mask, weight }) => ({
      annotator,
      weight,
      scribbles: await store.get(drawingKey(assignment, n), { signal }),
      mask: await store.get(maskKey(mask, '.png'), { signal }),
    })),
  );
  const strokes = drawn.map(({ annotator, weight, scribbles }) => ({
    annotator,
    weight,
    strokes: sha256Of(scribbles),
  }));
  const mask = consensusId(image.sha256, strokes, recipe);
  const known = await readDocument(store, maskKey(mask, '.json'), consensusDocument, {
    signal,
  });
  if (known) return { mask, dissent: known.consensus.dissent };

  const file = await readObject(image.object, signal);
  const keys = await readKeys(deps, image, extract, signal);
  const names = { image: image.name, sha256: image.sha256, mask: `${mask}.png` };
  const job = { image: file, keys, options, maxPixels, names, annotations: drawn };
  const made = await maskThreads.run(job, { move: [file, keys], signal });
  if (!made) throw new Error('a mask was made of nothing');
  const { png, document, dissent = 0 } = made;
  await store.put(maskKey(mask, '.png'), png, { signal });
  const consensus = { dissent, annotations: annotations.map(({ annotator, weight }) => ({ annotator, weight })) };
  const kept: MaskDocument = { ...document, consensus, ...(await originFields(store, { backbone, options }, signal)) };
  await store.put(maskKey(mask, '.json'), JSON.stringify(kept), { signal });
  return { mask, dissent };
}

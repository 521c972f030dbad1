/** Compares annotators' masks of one image, and makes one mask, the consensus, of all their strokes. */
import { type AgreementReport, agreementVersion } from '@saltworks/contract/documents/agreement';
import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { agreementKey, drawingKey, keysId, maskKey } from '@saltworks/contract/layout';
import { agreeAttempts } from '@saltworks/contract/messages/attempts';
import type { AgreeRequest, ConsensusAnswer, ConsensusRequest } from '@saltworks/contract/messages/measure';
import { agreement } from '@saltworks/core/crowd/agreement';
import { knownAgreement } from '@saltworks/core/crowd/known-image';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import { ObjectMissingError, type ObjectStore, StoreRefusedError } from '@saltworks/store/objects/store';
import { type MaskDeps, makeMask } from './make-mask.ts';
import type { MaskNames } from './mask-file.ts';
import { storeConsensus } from './masks.ts';
import { recipeOf } from './propagate.ts';
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
  try {
    const answer = await readNamedMask(store, a, signal);
    const { miou, pixels, kappa, classes } =
      typeof b === 'string'
        ? agreement(answer, await readNamedMask(store, b, signal))
        : knownAgreement(answer, ...(await readKnownMask(store, b, offered, signal)));
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

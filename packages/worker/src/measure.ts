/** What several annotators' masks of one image have in common, and the one that their strokes make together. */
import { decodeImage } from '@saltworks/backbone/decode';
import { type Answer, agreement } from '@saltworks/core/agreement';
import { drawingKey, keysId, keysKey, maskKey, truthKey } from '@saltworks/core/contract/layout';
import {
  type AgreementReport,
  type AgreeRequest,
  agreementKey,
  type ConsensusAnswer,
  type ConsensusRequest,
} from '@saltworks/core/contract/measure';
import type { PanopticDocument } from '@saltworks/core/formats/panoptic';
import { decodePanoptic, type Mask } from '@saltworks/core/mask';
import type { ObjectStore } from '@saltworks/store/store';
import { readJson } from '@saltworks/store/text';
import type { MaskThreads } from './mask-threads.ts';
import { hash } from './masks.ts';
import { recipeOf } from './propagate.ts';
import type { ShardDeps } from './shard.ts';

export interface MeasureDeps extends ShardDeps {
  maskThreads: MaskThreads;
}

export async function agree({ store }: MeasureDeps, request: AgreeRequest, signal: AbortSignal): Promise<void> {
  const key = agreementKey(request);
  if (await store.head(key, { signal })) return;
  const known = async ({ dataset, sha256 }: { dataset: string; sha256: string }) =>
    answerAt(store, (extension) => truthKey(dataset, sha256, extension), signal);
  const named = async (mask: string) => answerAt(store, (extension) => maskKey(mask, extension), signal);
  const { b } = request;
  const { miou, pixels, kappa, classes } = agreement(
    await named(request.a),
    await (typeof b === 'string' ? named(b) : known(b)),
  );
  const report: AgreementReport = {
    miou,
    pixels,
    kappa,
    classes: classes.map(({ category, ...rest }) => ({ category: String(category), ...rest })),
  };
  await store.put(key, JSON.stringify(report), { signal });
}

async function answerAt(
  store: ObjectStore,
  key: (extension: '.png' | '.json') => string,
  signal: AbortSignal,
): Promise<Answer> {
  const mask = await readMask(store, key('.png'), signal);
  const document = await readJson<Pick<PanopticDocument, 'segments_info' | 'categories'>>(store, key('.json'), {
    signal,
  });
  const names = new Map(document?.categories?.map(({ id, name }) => [id, name]));
  const categories = new Map<number, string>();
  for (const { id, category_id } of document?.segments_info ?? []) {
    const name = names.get(category_id);
    if (name !== undefined) categories.set(id, name);
  }
  return { mask, categories };
}

const readMask = async (store: ObjectStore, key: string, signal: AbortSignal): Promise<Mask> =>
  decodePanoptic(await decodeImage(await store.get(key, { signal })));

/** Named by the hash of all that it is made from: what is there is not made again. */
export async function makeConsensus(
  deps: MeasureDeps,
  request: ConsensusRequest,
  signal: AbortSignal,
): Promise<ConsensusAnswer> {
  const { store, readObject, maxPixels, maskThreads } = deps;
  const { image, extract, annotations } = request;
  const { recipe, options } = recipeOf(request);
  const backbone = keysId(extract.backbone, extract);
  const drawn = await Promise.all(
    annotations.map(async ({ annotator, assignment, n, mask, weight }) => ({
      annotator,
      weight,
      scribbles: await store.get(drawingKey(assignment, n), { signal }),
      mask: await store.get(maskKey(mask, '.png'), { signal }),
    })),
  );
  const parts = drawn.map(({ annotator, weight, scribbles }) => [annotator, weight, hash(scribbles)]).sort();
  const mask = hash(JSON.stringify(['consensus', image.sha256, parts, recipe]));
  const known = await readJson<{ consensus: { dissent: number } }>(store, maskKey(mask, '.json'), { signal });
  if (known) return { mask, dissent: known.consensus.dissent };

  const file = await readObject(image.object, signal);
  const keys = await store.get(keysKey(backbone, image.sha256), { signal });
  const names = { image: image.name, sha256: image.sha256, mask: `${mask}.png` };
  const job = { image: file, keys, options, maxPixels, names, annotations: drawn };
  const made = await maskThreads.run(job, { move: [file, keys], signal });
  if (!made) throw new Error('a mask was made of nothing');
  const { png, document, dissent = 0 } = made;
  await store.put(maskKey(mask, '.png'), png, { signal });
  const consensus = { dissent, annotations: annotations.map(({ annotator, weight }) => ({ annotator, weight })) };
  await store.put(
    maskKey(mask, '.json'),
    JSON.stringify({ ...document, consensus, parameters: { backbone, ...options } }),
    { signal },
  );
  return { mask, dissent };
}

/** Evaluations of datasets as they lie in a store: named by their content, with their images in parts. */
import { encodeLines, parseLines } from '@saltworks/contract/documents/document';
import {
  type DatasetEvaluation,
  datasetEvaluation,
  type EvaluatedImage,
  type EvaluationOutcome,
  evaluatedImage,
  evaluationOutcome,
  type ProtocolName,
} from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { evaluatedImagesKey, evaluationKey, evaluationOutcomeKey } from '@saltworks/contract/layout';
import { contentId, sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** Images of a part. Whatever is through of one is kept, so this is what workers share, and how often progress is told. */
const aPart = 8;

type OfEvaluation = Pick<DatasetEvaluation, 'dataset' | 'id'>;

/** Writes an evaluation, its document last. The same content has the same id. */
export async function writeEvaluation(
  store: ObjectStore,
  content: Omit<DatasetEvaluation, 'version' | 'id' | 'images' | 'parts' | 'lines'>,
  images: readonly EvaluatedImage[],
  options?: CallOptions,
): Promise<DatasetEvaluation> {
  const parts = Array.from({ length: Math.ceil(images.length / aPart) }, (_, part) =>
    encodeLines(images.slice(part * aPart, (part + 1) * aPart)),
  );
  const whole = { ...content, images: images.length, parts: parts.length, lines: sha256Of(parts.join('')) };
  const evaluation: DatasetEvaluation = { version: 1, id: contentId(whole), ...whole };
  const { dataset, id } = evaluation;
  for (const [part, lines] of parts.entries()) {
    await store.putIfAbsent(evaluatedImagesKey(dataset, id, part), lines, options);
  }
  await store.putIfAbsent(evaluationKey(dataset, id), JSON.stringify(evaluation), options);
  return evaluation;
}

/** @throws InvalidInputError if there is no such evaluation */
export async function readEvaluation(
  store: ObjectStore,
  { dataset, id }: OfEvaluation,
  options?: CallOptions,
): Promise<DatasetEvaluation> {
  const found = await readDocument(store, evaluationKey(dataset, id), datasetEvaluation, options);
  if (found) return found;
  throw new InvalidInputError(`no evaluation ${id} of dataset ${dataset}; expected one that was started`);
}

/** The images of a part. @throws ObjectMissingError if there is no such part */
export async function readEvaluatedImages(
  store: ObjectStore,
  { dataset, id }: OfEvaluation,
  part: number,
  options?: CallOptions,
): Promise<EvaluatedImage[]> {
  const key = evaluatedImagesKey(dataset, id, part);
  return parseLines(key, new TextDecoder().decode(await store.get(key, options)), evaluatedImage);
}

/** Undefined where the protocol was not run on the image. */
export const readOutcome = (
  store: ObjectStore,
  { dataset, id }: OfEvaluation,
  protocol: ProtocolName,
  { at }: Pick<EvaluatedImage, 'at'>,
  options?: CallOptions,
): Promise<EvaluationOutcome | undefined> =>
  readDocument(store, evaluationOutcomeKey(dataset, id, protocol, at), evaluationOutcome, options);

export async function putOutcome(
  store: ObjectStore,
  { dataset, id }: OfEvaluation,
  protocol: ProtocolName,
  { at }: Pick<EvaluatedImage, 'at'>,
  outcome: Omit<EvaluationOutcome, 'version'>,
  options?: CallOptions,
): Promise<void> {
  const document: EvaluationOutcome = { version: 1, ...outcome };
  await store.put(evaluationOutcomeKey(dataset, id, protocol, at), JSON.stringify(document), options);
}

/** An outcome that would be the same another time. */
export const isFinal = (outcome: EvaluationOutcome | undefined): outcome is EvaluationOutcome =>
  outcome !== undefined && outcome.failure?.permanent !== false;

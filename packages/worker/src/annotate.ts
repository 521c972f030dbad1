/** Answers about an open image: labels of the node grid, a mask, the strokes behind a pixel. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { drawingKey, keysId, nodeLabelsKey } from '@saltworks/contract/layout';
import type {
  AnswerRequest,
  AttributeRequest,
  Attribution,
  ImageRequest,
  MaskAnswer,
  NodeLabelsAnswer,
  OpenedImage,
} from '@saltworks/contract/messages/annotate';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import { type KeysDeps, readKeys } from './cached-keys.ts';
import type { MaskNames } from './mask-file.ts';
import { storeMask } from './masks.ts';
import { readPrior } from './priors.ts';
import { recipeOf } from './propagate.ts';
import type { SessionSource, SessionThreads } from './session-threads.ts';
import { makeViews } from './views.ts';

export interface AnnotateDeps extends KeysDeps {
  sessions: SessionThreads;
  /** The queue of this worker alone. */
  queue: string;
}

/** Lower runs first: annotators wait for labels at every stroke, for masks at rest, and not yet for images opened ahead. */
const rank = { labels: 0, mask: 1, open: 2 };

export async function openImage(deps: AnnotateDeps, request: ImageRequest, signal: AbortSignal): Promise<OpenedImage> {
  const { source } = await sessionOf(deps, request, signal);
  await makeViews(deps, request.image, signal);
  const size = await deps.sessions.run(source, { kind: 'size' }, { rank: rank.open });
  return { queue: deps.queue, ...size };
}

/**
 * Stores the labels of the node grid. Of requests that wait together, only the latest is solved; all get its answer.
 *
 * @throws InvalidInputError if the image has no keys, or the drawing cannot be solved
 */
export async function answerNodeLabels(
  deps: AnnotateDeps,
  request: AnswerRequest,
  signal: AbortSignal,
): Promise<NodeLabelsAnswer> {
  const start = performance.now();
  const { store, sessions, queue } = deps;
  const { assignment, n } = request;
  const { source } = await sessionOf(deps, request, signal);
  const scribbles = await store.get(drawingKey(assignment, n), { signal });
  const job = { kind: 'labels', n, scribbles } as const;
  const turn = { rank: rank.labels, topic: assignment, n };
  const { n: answered, labels, solve } = await sessions.run(source, job, turn);
  await store.put(nodeLabelsKey(assignment, answered), JSON.stringify(labels), { signal });
  return { n: answered, queue, ms: performance.now() - start, solve };
}

/** Stores the mask that a run over the dataset would make of the same drawing, unless it is stored. */
export async function answerMask(deps: AnnotateDeps, request: AnswerRequest, signal: AbortSignal): Promise<MaskAnswer> {
  const start = performance.now();
  const { store, sessions } = deps;
  const { image, assignment, n } = request;
  const { source, ...settings } = await sessionOf(deps, request, signal);
  const scribbles = await store.get(drawingKey(assignment, n), { signal });
  const make = (names: MaskNames) => sessions.run(source, { kind: 'mask', scribbles, names }, { rank: rank.mask });
  const { mask, document } = await storeMask(store, { image, scribbles, ...settings }, make, signal);
  return { n, mask, uncertainty: document.uncertainty ?? null, ms: performance.now() - start };
}

/** @returns strokes by their place in the drawing, from 1 */
export async function attribute(
  deps: AnnotateDeps,
  request: AttributeRequest,
  signal: AbortSignal,
): Promise<Attribution> {
  const { assignment, n, x, y } = request;
  const { source } = await sessionOf(deps, request, signal);
  const scribbles = await deps.store.get(drawingKey(assignment, n), { signal });
  const job = { kind: 'attribute', scribbles, x, y } as const;
  const { segment, strokes } = await deps.sessions.run(source, job, { rank: rank.labels });
  return { segment, strokes: strokes.map(({ stroke, share }) => ({ n: stroke, share })) };
}

/** An image with its settings as a session, and the settings as masks need them. */
async function sessionOf(deps: AnnotateDeps, request: ImageRequest, signal: AbortSignal) {
  const { readObject, maxPixels } = deps;
  const { image, extract } = request;
  const { recipe, options } = recipeOf(request, await deps.findBackbone?.(extract.backbone));
  const backbone = keysId(extract.backbone, extract);
  const source: SessionSource = {
    name: `${image.sha256}/${recipe}`,
    async read() {
      const keys = await readKeys(deps, image, extract, signal).catch((error) => {
        if (!(error instanceof ObjectMissingError)) throw error;
        throw new InvalidInputError(
          `image ${image.name} has no keys of ${backbone} yet; expected saltworks extract DATASET first`,
        );
      });
      const prior = await readPrior(deps.store, options, extract, signal);
      return { image: await readObject(image.object, signal), keys, options, prior, maxPixels };
    },
  };
  return { source, recipe, options, backbone };
}

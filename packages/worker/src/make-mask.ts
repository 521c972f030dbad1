/** Masks of an image from its strokes and its stored keys, in the threads of all: one person's, or several people's together. */
import { ThreadError } from '@saltworks/backbone/threads/threads';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import type { ScribblesExtension } from '@saltworks/contract/layout';
import type { ExtractSettings, SegmentOptions } from '@saltworks/contract/options';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import { masksMade } from '@saltworks/telemetry/metrics';
import { inSpan } from '@saltworks/telemetry/spans';
import { type KeysDeps, readKeys } from './cached-keys.ts';
import type { ConsensusJob } from './mask.worker.ts';
import type { MadeMask, MaskNames } from './mask-file.ts';
import type { MaskThreads } from './mask-threads.ts';
import { readPrior } from './priors.ts';

export interface MaskDeps extends KeysDeps {
  maskThreads: MaskThreads;
}

interface Wanted {
  image: Pick<DatasetImage, 'sha256' | 'name' | 'object'>;
  extract: ExtractSettings;
  options: SegmentOptions;
  names: MaskNames;
}

/** Somebody's strokes. */
export interface OwnStrokes {
  /** Their bytes. */
  scribbles: Uint8Array;
  extension: ScribblesExtension;
}

/** Several people's, and the mask of each one's alone. */
export interface TogetherStrokes {
  annotations: ConsensusJob['annotations'];
}

/** @throws InvalidInputError of what cannot be used, ObjectMissingError where there are no keys, ThreadError if two threads died */
export function makeMask(
  deps: MaskDeps,
  wanted: Wanted & (OwnStrokes | TogetherStrokes),
  signal: AbortSignal,
): Promise<MadeMask> {
  return inSpan('mask', {}, () => solve(deps, wanted, signal)).catch((error) => {
    if (!(error instanceof ThreadError && error.died)) throw error;
    // Another image may have taken the memory; if the thread dies again, this image is the cause.
    return solve(deps, wanted, signal);
  });
}

async function solve(
  deps: MaskDeps,
  { image, extract, ...wanted }: Wanted & (OwnStrokes | TogetherStrokes),
  signal: AbortSignal,
): Promise<MadeMask> {
  const { readObject, maxPixels, maskThreads } = deps;
  const file = await readObject(image.object, signal);
  let missing: unknown;
  const keys = await readKeys(deps, image, extract, signal).catch((error) => {
    if (!(error instanceof ObjectMissingError)) throw error;
    missing = error;
    return undefined;
  });
  const { options, names } = wanted;
  const prior = await readPrior(deps.store, options, extract, signal);
  const common = { image: file, keys, options, prior, names, maxPixels };
  const job =
    'annotations' in wanted
      ? { ...common, annotations: wanted.annotations }
      : { ...common, scribbles: wanted.scribbles, extension: wanted.extension };
  const made = await maskThreads.run(job, { move: keys ? [file, keys] : [file], signal });
  // An unusable image has no keys either: its own error comes first.
  if (!made) throw missing;
  masksMade.inc();
  return made;
}

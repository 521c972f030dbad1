/** Names of masks: each is the hash of all that the mask is made from, so that it is known before the mask is made. */
import type { BuildImage, BuildSettings } from '@saltworks/contract/documents/builds';
import type { SegmentOptions } from '@saltworks/contract/options';
import { contentId, sha256Of } from '../objects/canonical.ts';

/** Raised when the same image, strokes and settings would give another mask than before. */
export const CODE_VERSION = 6;

/**
 * The short hash that names settings.
 *
 * @param keys id of the keys
 * @param options with every default filled in
 * @param code version of the code that makes the masks
 */
export const recipeName = (keys: string, options: SegmentOptions, code = CODE_VERSION): string =>
  contentId([code, keys, options]);

/** @param image its sha256 @param strokes sha256 of their bytes */
export const maskId = (image: string, strokes: string, recipe: string): string =>
  sha256Of(JSON.stringify([image, strokes, recipe]));

/** The mask of several annotators' strokes in one solve, in whatever order they come. */
export function consensusId(
  image: string,
  drawings: readonly { annotator: string; weight: number; strokes: string }[],
  recipe: string,
): string {
  const parts = drawings.map(({ annotator, weight, strokes }) => [annotator, weight, strokes]).sort();
  return sha256Of(JSON.stringify(['consensus', image, parts, recipe]));
}

/** The mask that settings give of an image's strokes; undefined where these are not known. */
export function maskOf(
  { sha256, drawings, consensus }: Pick<BuildImage, 'sha256' | 'drawings' | 'consensus'>,
  { recipe }: Pick<BuildSettings, 'recipe'>,
): string | undefined {
  if (drawings.length === 0) return undefined;
  if (!consensus) return maskId(sha256, drawings[0].strokes, recipe);
  return consensusId(
    sha256,
    drawings.map(({ by = '', weight = 1, strokes }) => ({ annotator: by, weight, strokes })),
    recipe,
  );
}

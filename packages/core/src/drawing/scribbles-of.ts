/** From a drawing to the scribble document that workers read. */

import type { Drawing } from '@saltworks/contract/api/interactions';
import { type Segment, type Stroke, scribblesVersion } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { imageValues, type Labels, valuesOf } from './attributes.ts';
import { storedName } from './classes.ts';

/** The scribble document of a drawing (spec/scribbles.md): the same drawing gives the same bytes. */
export function scribblesOf(
  drawing: Pick<Drawing, 'segments' | 'strokes' | 'locks' | 'values'>,
  image: { width: number; height: number },
  labels: Labels,
): string {
  const { segments, strokes, locks } = drawing;
  const { categories } = labels;
  const named = segments.map((segment): Segment => {
    const { id, category, origin, accepted } = segment;
    const attributes = valuesOf(labels, segment);
    const found = storedSegment(segment, categories);
    if (!found) throw new InvalidInputError(`segment ${id} is of category ${category}; expected one of the campaign's`);
    return {
      ...found,
      ...(origin && { origin }),
      ...(origin && accepted && { accepted }),
      ...(attributes && { attributes }),
    };
  });
  const drawn = strokes.map(({ segment, points, radius, polygon, region, exact, spread, origin }) => ({
    segment,
    ...(region ? { region } : { points, radius }),
    ...(polygon && { polygon }),
    ...(exact && { exact }),
    ...(spread === false && { spread }),
    ...(origin && { origin }),
  }));
  const { width, height } = image;
  const attributes = imageValues(labels, drawing);
  const version = scribblesVersion({ strokes, locks });
  return JSON.stringify({
    version,
    image: { width, height },
    segments: named,
    strokes: drawn,
    ...(locks && { locks }),
    ...(attributes && { attributes }),
  });
}

/** A segment as scribbles call it; undefined where it is of no category of the campaign. */
export function storedSegment(
  { id, category }: Pick<Drawing['segments'][number], 'id' | 'category'>,
  categories: Labels['categories'],
): Segment | undefined {
  const found = categories.find((candidate) => candidate.id === category);
  return found && { id, category: storedName(found), isthing: found.isthing };
}

/**
 * Whether a drawing has an answer: at least two labels, or the background alone, or strokes that label just their own pixels;
 * or a mask that it began with, which labels every pixel.
 */
export function isDrawnEnough({
  strokes,
}: {
  strokes: readonly Pick<Stroke, 'segment' | 'spread' | 'origin'>[];
}): boolean {
  if (strokes.some(({ origin }) => origin)) return true;
  const spreading = strokes.filter(({ spread }) => spread !== false);
  const labels = new Set(spreading.map(({ segment }) => segment));
  return labels.size > 1 || labels.has(0) || (labels.size === 0 && strokes.length > 0);
}

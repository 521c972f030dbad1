/** From a drawing to the scribble document that workers read. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';

/** The scribble document of a drawing (spec/scribbles.md): the same drawing gives the same bytes. */
export function scribblesOf(
  { segments, strokes }: Pick<Drawing, 'segments' | 'strokes'>,
  image: { width: number; height: number },
  categories: readonly LabelCategory[],
): string {
  const named = segments.map(({ id, category }): Segment => {
    const found = categories.find((candidate) => candidate.id === category);
    if (!found) throw new InvalidInputError(`segment ${id} is of category ${category}; expected one of the campaign's`);
    return { id, category: found.name, isthing: found.isthing };
  });
  const drawn = strokes.map(({ segment, points, radius }) => ({ segment, points, radius }));
  const { width, height } = image;
  return JSON.stringify({ version: 1, image: { width, height }, segments: named, strokes: drawn });
}

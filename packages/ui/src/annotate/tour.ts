/** The first minute on the examples: a step at a time, each done by drawing. */
import type { Drawing } from '@saltworks/contract/api/interactions';

/** What to do next; the last step stays until it is read. */
export const steps = [
  'Draw one short stroke through a thing, across the parts that look different. Never trace its edge.',
  'Now what is around it: press 0 and draw one stroke there.',
  'The whole picture is labelled. Is a place wrong? Choose its segment at the right, and draw a short stroke on that place. G shows where one helps most.',
  'That is all there is to it. Enter hands the picture in; ? lists all keys.',
];

/** The step that the drawing has reached, from 0 on. */
export function stepOf(strokes: Drawing['strokes']): number {
  const things = strokes.filter(({ segment }) => segment !== 0).length;
  const around = strokes.length - things;
  if (things === 0) return 0;
  if (around === 0) return 1;
  return strokes.length < 3 ? 2 : 3;
}

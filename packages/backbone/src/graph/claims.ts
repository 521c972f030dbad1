/** Sizes that a graph claims for its tensors, added up before the runtime reserves memory for any of them. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Flow } from './flow.ts';
import { constant, samplesFor } from './length.ts';
import { shapesOf } from './shapes.ts';

/** Most values of a tensor: attention of 16 heads over 4,096 tokens. */
const MAX_VALUES = 2 ** 28;

/**
 * @param picture the image input, and its sizes
 * @throws InvalidInputError if a tensor would hold more values than any model needs at its native size
 */
export function refuseClaims(flow: Flow, picture: { name: string; dims: readonly number[] }): void {
  const given = new Map([[picture.name, picture.dims.map(constant)]]);
  const { shapes } = shapesOf(flow, samplesFor(1, 1), given, new Map());
  for (const [name, shape] of shapes) {
    const dims = shape.map(([n]) => n);
    if (dims.reduce((product, n) => product * n, 1) > MAX_VALUES)
      throw new InvalidInputError(`a tensor ${name.slice(0, 80)} of [${dims}]; expected ≤ ${MAX_VALUES} values`);
  }
}

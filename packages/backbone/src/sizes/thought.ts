/** A graph thought through at several sizes of the image: shapes of its tensors, and what does not follow. */

import { ancestors, type Flow, flowOf } from '../graph/flow.ts';
import { constant, type Samples, samplesFor } from '../graph/length.ts';
import type { Evaluate } from '../graph/native.ts';
import { part } from '../graph/part.ts';
import { type Computed, type Frozen, type Shape, shapesOf } from '../graph/shapes.ts';
import type { Model } from '../onnx/model.ts';
import { elementsOf, type Values } from '../onnx/values.ts';
import { imageShape, type PatchGrid } from './follow.ts';
import type { HostPositions } from './positions.ts';

/** Rows and columns of patches. */
export interface GridSize {
  readonly h: number;
  readonly w: number;
}

/** A graph, thought through. */
export interface Thought {
  readonly model: Model;
  readonly flow: Flow;
  readonly samples: Samples;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly frozen: readonly Frozen[];
}

/** @param size of the export, in patches. @param tables those that the host fills in already */
export async function think(
  model: Model,
  patches: PatchGrid,
  { h, w }: GridSize,
  tables: HostPositions,
  evaluate: Evaluate,
): Promise<Thought> {
  const flow = flowOf(model);
  const samples = samplesFor(h, w);
  const given = new Map<string, Shape>([[patches.image, imageShape(patches, samples)]]);
  for (const { input, d, prefix } of tables) {
    given.set(input, [samples.patches.map((n) => n + prefix.length / d), constant(d)]);
  }
  const { shapes, frozen } = shapesOf(flow, samples, given, await constants(model, flow, evaluate));
  return { model, flow, samples, shapes, frozen };
}

/** Constants made of larger ones are weights: rules tell their shapes, and nobody needs their values here. */
const WEIGHT = 1024;

/** Computes the small constants that nodes make and other nodes read. */
async function constants(model: Model, flow: Flow, evaluate: Evaluate): Promise<Map<string, Computed>> {
  const wanted = new Set<string>();
  for (const node of flow.nodes) {
    if (flow.kinds.get(node.outputs[0]) === 'constant') continue;
    for (const name of flow.reads(node)) {
      if (flow.kinds.get(name) === 'constant' && flow.producer.has(name) && !flow.constants.has(name)) wanted.add(name);
    }
  }
  for (const name of wanted) {
    const reads = [...ancestors(flow, name)].flatMap((node) => [...flow.reads(node), ...node.outputs]);
    if (reads.some((read) => elementsOf(flow.constants.get(read)?.dims ?? []) > WEIGHT)) wanted.delete(name);
  }
  const values = wanted.size > 0 ? await evaluate(...part(model, flow, [...wanted], [])) : new Map<string, Values>();
  return new Map(
    [...values].map(([name, { dims, data, type }]) => {
      const small = data.length <= 64 ? Array.from(data as ArrayLike<number | bigint>, Number) : undefined;
      return [name, { dims, numbers: small, isFloat: /^b?float/.test(type) }];
    }),
  );
}

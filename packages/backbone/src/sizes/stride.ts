/**
 * ×2 measured by the stride: the patch embedding of a tapped model steps by half a patch, so every other patch overlaps its
 * neighbours. All of the graph's arithmetic on sizes is told of an image of twice the size, whose patches would be as many.
 *
 * Source: Amir et al. 2021, "Deep ViT Features as Dense Visual Descriptors"
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import { flowOf } from '../graph/flow.ts';
import { makeInts, makeNode } from '../onnx/make.ts';
import { intAttribute, intsAttribute, type Node, readModel, type Tensor, writeModel } from '../onnx/model.ts';
import { freshNames, rewire, withInts } from '../onnx/rewire.ts';

const SAME_SHAPE = new Set(['Cast', 'Identity', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear']);

/**
 * @param bytes a tapped model, which gives h · w patches for `[batch, 3, h·patch, w·patch]`
 * @param patch even
 * @returns a model that gives 2h · 2w patches for `[batch, 3, h·patch + patch/2, w·patch + patch/2]`
 * @throws InvalidInputError if the patch is odd, or no convolution makes the patches
 */
export function halveStride(bytes: Uint8Array, { input, patch }: { input: string; patch: number }): Uint8Array {
  if (patch % 2 !== 0)
    throw new InvalidInputError(`patches of ${patch} px; expected an even number to halve the stride`);
  const model = readModel(bytes);
  const flow = flowOf(model);
  const fresh = freshNames(flow.kinds.keys());
  const picture = new Set([input]);
  const constants: Tensor[] = [];
  let embeddings = 0;
  const nodes = flow.nodes.flatMap((node): Node[] => {
    const strides = intsAttribute(node, 'strides');
    if (/Conv/.test(node.opType) && strides?.length === 2 && strides.every((stride) => stride === patch)) {
      embeddings++;
      return [withInts(node, 'strides', [patch / 2, patch / 2])];
    }
    if (!picture.has(node.inputs[0])) return [node];
    if (SAME_SHAPE.has(node.opType)) picture.add(node.outputs[0]);
    if (node.opType !== 'Shape') return [node];
    // From operator set 15 on, Shape may give some dims alone.
    const from = intAttribute(node, 'start') ?? 0;
    const dims = (values: number[]) => values.slice(from, intAttribute(node, 'end') ?? 4);
    const [shape, doubled, by, minus] = ['shape', 'doubled', 'by', 'minus'].map((end) =>
      fresh(`${node.outputs[0]}.${end}`),
    );
    constants.push(makeInts(by, dims([1, 1, 2, 2])), makeInts(minus, dims([0, 0, patch, patch])));
    return [
      rewire(node, node.inputs, [shape]),
      makeNode('Mul', [shape, by], [doubled]),
      makeNode('Sub', [doubled, minus], node.outputs),
    ];
  });
  if (embeddings !== 1) {
    throw new InvalidInputError(`${embeddings} convolutions of stride ${patch}; expected the patch embedding`);
  }
  const initializers = [...model.graph.initializers, ...constants];
  return writeModel({ ...model, graph: { ...model.graph, nodes, initializers, valueInfo: [] } });
}

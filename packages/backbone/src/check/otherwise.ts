/** Why a layer's attention may be another than softmax(qkᵀ/√d)v of its projections. */

import { type Flow, isData } from '../graph/flow.ts';
import type { Anatomy } from '../layers/anatomy.ts';
import type { Layer } from '../layers/layers.ts';
import { floatAttribute, intAttribute, type Node } from '../onnx/model.ts';

/** @returns undefined where nothing in the graph says so */
export function otherwise({ flow }: Anatomy, { query, key, value, node, scores, output }: Layer): string | undefined {
  if (!output) return 'the node of attention · value multiplies it further';
  if (query.changed || key.changed) return 'queries and keys are rotated or normalised between projection and product';
  if (value.changed) return 'values are changed between projection and product';
  if (!scores) {
    const masked = node.inputs.slice(3).some((name) => name !== '') && node.domain === '';
    if (masked || node.inputs[5]) return 'a mask or a bias is added to the scores';
    if (intAttribute(node, 'is_causal') || intAttribute(node, 'unidirectional')) return 'attention is causal';
    if ((floatAttribute(node, 'softcap') ?? 0) !== 0) return 'scores are capped';
    return floatAttribute(node, 'scale') === undefined ? undefined : 'scores have a scale of their own';
  }
  const between = nodesBetween(flow, scores, node);
  return between.some(({ opType }) => !PLAIN.has(opType)) ? 'a mask or a bias is added to the scores' : undefined;
}

const PLAIN = new Set(['Mul', 'Div', 'Cast', 'Reshape', 'Identity', 'Transpose', 'Softmax', 'Squeeze', 'Unsqueeze']);

/** Data nodes from query · key to the Softmax. */
function nodesBetween(flow: Flow, scores: Node, softmax: Node): Node[] {
  const found = new Set<Node>();
  const stack = [softmax.inputs[0]];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const node = flow.producer.get(name);
    if (!node || node === scores || found.has(node)) continue;
    found.add(node);
    stack.push(...node.inputs.filter((input) => isData(flow, input)));
  }
  return [...found];
}

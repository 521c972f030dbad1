/** Removes what the outputs of a graph do not need. */
import type { Model } from '../onnx/model.ts';
import { ancestors, flowOf } from './flow.ts';

/** @param outputs names of the outputs to keep, default all */
export function pruned({ graph, ...model }: Model, outputs?: readonly string[]): Model {
  const flow = flowOf({ ...model, graph });
  const kept = graph.outputs.filter(({ name }) => outputs?.includes(name) ?? true);
  const needed = new Set(kept.flatMap(({ name }) => [...ancestors(flow, name)]));
  const nodes = flow.nodes.filter((node) => needed.has(node));
  const read = new Set(nodes.flatMap((node) => flow.reads(node)));
  const isRead = ({ name }: { name: string }) => read.has(name);
  const [inputs, initializers] = [graph.inputs.filter(isRead), graph.initializers.filter(isRead)];
  return { ...model, graph: { ...graph, nodes, inputs, initializers, outputs: kept } };
}

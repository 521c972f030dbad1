/**
 * Immediate dominators of the tensors of a graph, over the edges that carry data: the tensors through which everything that
 * reaches a tensor has to pass. A rotation splits a branch in two and joins it again; dominators step over such a diamond.
 *
 * K. D. Cooper, T. J. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm", 2001: the immediate dominator is where the
 * predecessors' chains of dominators meet. A graph without cycles, taken in order, needs one pass. The meeting point is found
 * in O(log n) by the jump pointers of E. W. Myers, "An applicative random-access stack", 1983.
 */
import type { Flow } from './flow.ts';
import { dataRead, isData } from './flow.ts';

/** @returns for a tensor: itself, its immediate dominator, that one's, and so on to an input of the graph */
export type Dominators = (tensor: string) => string[];

const ROOT = 0;

export function dominatorsOf(flow: Flow): Dominators {
  const names = [''];
  const index = new Map<string, number>();
  const parent = [ROOT];
  const depth = [0];
  const jump = [ROOT];

  const meet = (a: number, b: number) => {
    if (depth[a] < depth[b]) [a, b] = [b, a];
    while (depth[a] > depth[b]) a = depth[jump[a]] >= depth[b] ? jump[a] : parent[a];
    while (a !== b) {
      if (jump[a] === jump[b]) [a, b] = [parent[a], parent[b]];
      else [a, b] = [jump[a], jump[b]];
    }
    return a;
  };
  const add = (name: string, above: number) => {
    const at = names.push(name) - 1;
    const far = jump[above];
    index.set(name, at);
    parent.push(above);
    depth.push(depth[above] + 1);
    jump.push(depth[above] - depth[far] === depth[far] - depth[jump[far]] ? jump[far] : above);
  };

  for (const [name, kind] of flow.kinds) if (kind === 'data' && !flow.producer.has(name)) add(name, ROOT);
  for (const node of flow.nodes) {
    const above = dataRead(flow, node).flatMap((name) => index.get(name) ?? []);
    if (above.length === 0) continue;
    const dominator = above.reduce(meet);
    for (const output of node.outputs) if (output !== '' && isData(flow, output)) add(output, dominator);
  }

  return (tensor) => {
    const chain: string[] = [];
    for (let at = index.get(tensor) ?? ROOT; at !== ROOT; at = parent[at]) chain.push(names[at]);
    return chain;
  };
}

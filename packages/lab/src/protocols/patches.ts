/** The patches that an annotator labelled, as the paper counts them (Tables 2 and 3). */
import type { PatchCount } from '@saltworks/contract/documents/evaluations';
import { cellWinners, type Seeds } from '@saltworks/core/seeds/seeds';
import type { Case } from '../dataset/case.ts';

/**
 * Counts seeds by the category of their label: right ones lie on a node of a segment of it, wrong ones elsewhere. A node is of the
 * segment that most of its pixels belong to, ignored ones left out; one that is ignored wholly counts for nothing.
 *
 * @returns by category in order of name, nameless last; `total` counts the nodes that truly are of the category
 */
export function countPatches(seeds: Seeds, { truth, ignore, categories }: Case): PatchCount[] {
  const { width, height, ids } = truth;
  const names = [...new Set(ids)];
  const number = new Map(names.map((id, i) => [id, i + 1]));
  const owner = Uint32Array.from(ids, (id, i) => (ignore[i] ? 0 : (number.get(id) ?? 0)));
  const { winners } = cellWinners({ width, height, owner, segments: names }, seeds.h, seeds.w);
  const nameOf = (id: number) => categories.get(id) ?? null;
  const counts = new Map<string | null, PatchCount>();
  const countOf = (category: string | null): PatchCount => {
    const known = counts.get(category) ?? { category, right: 0, wrong: 0, total: 0 };
    counts.set(category, known);
    return known;
  };
  winners.forEach((id, node) => {
    if (id < 0) return;
    countOf(nameOf(id)).total++;
    const label = seeds.nodes[node];
    if (label < 0) return;
    const drawn = seeds.labels[label];
    countOf(nameOf(drawn))[drawn === id ? 'right' : 'wrong']++;
  });
  return [...counts.values()].sort(byCategory);
}

function byCategory({ category: a }: PatchCount, { category: b }: PatchCount): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** The images that a report shows: the best, the middle and the worst of each source. */
import type { EvaluationRow, ProtocolName } from '@saltworks/contract/documents/evaluations';
import { groupsOf, measures, order } from './groups.ts';

export type Rank = 'best' | 'median' | 'worst';

export interface ChosenImage {
  image: string;
  source: string;
  protocol: ProtocolName;
  variant: string;
  rank: Rank;
}

/** Of these protocols, and how many of each rank. */
const shown: Partial<Record<ProtocolName, number>> = { strokes: 3, corrections: 1 };

/** What makes an image good; with corrections few of them. */
const goodness = (row: EvaluationRow) =>
  row.corrections ? measures.miou(row) - row.corrections.per_segment : measures.miou(row);

/** Of each source the images of the protocol's first variant, best first. An image appears once. */
export function chosenImages(rows: readonly EvaluationRow[]): ChosenImage[] {
  const first = new Map<string, ReturnType<typeof groupsOf>[number]>();
  for (const group of groupsOf(rows)) {
    const id = JSON.stringify([group.protocol, group.source]);
    if (shown[group.protocol] !== undefined && !first.has(id)) first.set(id, group);
  }
  return [...first.values()].flatMap(({ protocol, source, variant, rows }) => {
    const values = new Map(rows.map((row) => [row.image, goodness(row)]));
    const sorted = [...values].sort(([a, x], [b, y]) => y - x || order(a, b)).map(([image]) => image);
    return ranked(sorted, shown[protocol]!).map(([image, rank]) => ({ image, source, protocol, variant, rank }));
  });
}

function ranked(sorted: readonly string[], count: number): [string, Rank][] {
  const middle = Math.round((sorted.length - count) / 2);
  const ranks: [Rank, readonly string[]][] = [
    ['worst', sorted.slice(-count)],
    ['best', sorted.slice(0, count)],
    ['median', sorted.slice(Math.max(0, middle), middle + count)],
  ];
  const found = new Map<string, Rank>();
  // Of few images the worst tell most.
  for (const [rank, images] of ranks) for (const image of images) if (!found.has(image)) found.set(image, rank);
  return sorted.flatMap((image) => (found.has(image) ? [[image, found.get(image)!] as [string, Rank]] : []));
}

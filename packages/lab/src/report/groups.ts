/** Rows by protocol, source and variant, and the numbers that a row gives for its image. */
import { type EvaluationRow, type ProtocolName, protocols } from '@saltworks/contract/documents/evaluations';
import { mean } from '@saltworks/core/metrics/mean';

export interface Group {
  protocol: ProtocolName;
  source: string;
  variant: string;
  /** The varied number. */
  x?: number;
  rows: EvaluationRow[];
}

/** Protocols in the order of their list, sources by name, variants as they come. */
export function groupsOf(rows: readonly EvaluationRow[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const { protocol, source, variant, x } = row;
    const id = JSON.stringify([protocol, source, variant]);
    const group = groups.get(id) ?? { protocol, source, variant, ...(x !== undefined && { x }), rows: [] };
    group.rows.push(row);
    groups.set(id, group);
  }
  const place = ({ protocol }: Group) => protocols.indexOf(protocol);
  return [...groups.values()].sort((a, b) => place(a) - place(b) || order(a.source, b.source));
}

export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a row says of its image, one number each. Undefined where the protocol does not measure it. */
export const measures = {
  miou: ({ segments }: EvaluationRow) => mean(segments.map(({ iou }) => iou)),
  dice: ({ segments }: EvaluationRow) => mean(segments.map(({ dice }) => dice)),
  boundary_iou: ({ segments }: EvaluationRow) => mean(segments.map(({ boundary_iou }) => boundary_iou)),
  nci: ({ corrections }: EvaluationRow) => corrections?.per_segment,
} satisfies Record<string, (row: EvaluationRow) => number | undefined>;

/** A value for each image, the mean over its rows: a protocol may try an image several times. Images in the order of rows. */
export function byImage(
  rows: readonly EvaluationRow[],
  measure: (row: EvaluationRow) => number | undefined,
): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const row of rows) {
    const value = measure(row);
    if (value !== undefined) values.set(row.image, [...(values.get(row.image) ?? []), value]);
  }
  return new Map([...values].map(([image, found]) => [image, mean(found)]));
}

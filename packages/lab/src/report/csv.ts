/** Rows as comma-separated values (RFC 4180), a line an image and variant, for spreadsheets and data frames. */
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { median } from '../figures.ts';
import { measures } from './groups.ts';

const columns: Record<string, (row: EvaluationRow) => string | number | null | undefined> = {
  image: ({ image }) => image,
  source: ({ source }) => source,
  protocol: ({ protocol }) => protocol,
  variant: ({ variant }) => variant,
  x: ({ x }) => x,
  seed: ({ seed }) => seed,
  segments: ({ segments }) => segments.length,
  miou: measures.miou,
  dice: measures.dice,
  boundary_iou: measures.boundary_iou,
  parts: ({ segments }) => median(segments.map(({ parts }) => parts)),
  contour: ({ segments }) => median(segments.flatMap(({ contour }) => (contour === null ? [] : [contour]))),
  nci: measures.nci,
  failed_segments: ({ corrections }) => corrections?.needed.filter((n) => n === null).length,
  sufficed: ({ corrections }) => corrections && Number(corrections.sufficed),
  right_patches: ({ patches }) => patches?.reduce((sum, { right }) => sum + right, 0),
  wrong_patches: ({ patches }) => patches?.reduce((sum, { wrong }) => sum + wrong, 0),
  patches: ({ patches }) => patches?.reduce((sum, { total }) => sum + total, 0),
};

export function rowsCsv(rows: readonly EvaluationRow[]): string {
  const lines = rows.map((row) => Object.values(columns).map((of) => cell(of(row))));
  return [Object.keys(columns), ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function cell(value: string | number | null | undefined): string {
  if (typeof value !== 'string') return value === null || value === undefined ? '' : String(value);
  // A spreadsheet would run a name that begins so as a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The folder of a run's results. The same rows give the same bytes. */
import { join } from 'node:path';
import { parseLines } from '@saltworks/contract/documents/document';
import {
  type EvaluationPlan,
  type EvaluationRow,
  type EvaluationSummary,
  evaluationRow,
  type ProtocolName,
} from '@saltworks/contract/documents/evaluations';
import { type ListedImage, readCase } from './dataset/folder.ts';
import { summedUp } from './figures.ts';
import { readIfThere, writeWhole } from './files.ts';
import { cachedKeys, openExtractor } from './keys/cache.ts';
import type { ProtocolSettings } from './protocols/protocol.ts';
import { rowsCsv } from './report/csv.ts';
import { reportPage } from './report/report.ts';
import { drawScenes, type Scene } from './report/scenes.ts';

const rowsFile = (out: string, protocol: ProtocolName): string => join(out, 'rows', `${protocol}.jsonl`);

/** A protocol's rows; none before it has ended. */
export async function readRows(out: string, protocol: ProtocolName): Promise<EvaluationRow[]> {
  const path = rowsFile(out, protocol);
  return parseLines(path, (await readIfThere(path)) ?? '', evaluationRow);
}

/** @param lines of all images, in the order of the plan */
export const writeRows = (out: string, protocol: ProtocolName, lines: string | AsyncIterable<string>): Promise<void> =>
  writeWhole(rowsFile(out, protocol), lines);

export interface ResultsOf {
  plan: EvaluationPlan;
  failures: EvaluationSummary['failures'];
  settings: ProtocolSettings;
  /** The files of an image of the plan, by its name. */
  find(name: string): Promise<ListedImage>;
  /** The folder of keys. */
  keys: string;
  maxPixels?: number;
  signal?: AbortSignal;
  onProgress?(stage: string, done: number, total: number): void;
}

/** Sums up the rows that the folder holds: `summary.json`, `report.csv`, `report.html`. */
export async function writeResults(out: string, run: ResultsOf): Promise<EvaluationSummary> {
  const { plan, failures } = run;
  const rows: EvaluationRow[] = [];
  for (const protocol of plan.protocols) rows.push(...(await readRows(out, protocol)));
  const summary: EvaluationSummary = { version: 1, figures: summedUp(rows), failures };
  await writeWhole(join(out, 'summary.json'), `${JSON.stringify(summary, null, 1)}\n`);
  await writeWhole(join(out, 'report.csv'), rowsCsv(rows));
  const scenes = await pictured(rows, run);
  await writeWhole(join(out, 'report.html'), reportPage({ plan, rows, summary, scenes }));
  return summary;
}

/** Pictures for the report. Keys that are not there are extracted. */
async function pictured(
  rows: readonly EvaluationRow[],
  { settings, find, keys, maxPixels, signal, onProgress }: ResultsOf,
): Promise<Scene[]> {
  const extractor = openExtractor(keys, settings, [{}]);
  let done = 0;
  const read = async (name: string, total: number) => {
    signal?.throwIfAborted();
    onProgress?.('pictures', ++done, total);
    const { case: one } = await readCase(await find(name), { maxPixels });
    await extractor.add(one);
    return { one, keys: (await cachedKeys(keys, settings, one, {}))! };
  };
  try {
    return await drawScenes(rows, read, settings);
  } finally {
    await extractor.close();
  }
}

/** `saltworks backbone bench`: how fast a backbone is on this machine. */
import { availableParallelism } from 'node:os';
import { type BenchRow, benchBackbone, configurations } from '@saltworks/backbone/bench/bench';
import { testPicture } from '@saltworks/backbone/bench/picture';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command, InvalidArgumentError, Option } from 'commander';
import { findBackbone, megabytes } from '../backbones.ts';
import { readInput } from '../files.ts';
import { interruption } from '../interrupt.ts';
import { parseAbove, parseWhole } from '../options.ts';
import { progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { table } from '../table.ts';

interface BenchFlags {
  device: 'all' | 'cpu' | 'cuda' | 'tensorrt';
  batch?: number[];
  seconds: number;
  threads: number;
  json?: boolean;
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('images per second, memory and likeness of keys, by device, precision and batch')
    .argument('<name|file>', 'a name from "backbone list", or an ONNX file')
    .argument('[image...]', 'pictures to measure with (default: one that is made)')
    .addOption(
      new Option('--device <name>', 'measure on one device alone')
        .choices(['all', 'cpu', 'cuda', 'tensorrt'])
        .default('all'),
    )
    .option('--batch <list>', 'images in one inference (default: 1 on the CPU, 1 and 8 on a GPU)', parseBatches)
    .option('--seconds <n>', 'of measurement for each', parseAbove(0), 5)
    .option('--threads <n>', 'of the CPU', parseWhole(1), availableParallelism())
    .option('--json', 'one JSON document instead of a table')
    .action(bench);
}

async function bench(nameOrFile: string, paths: string[], flags: BenchFlags): Promise<void> {
  const { device, batch, seconds, threads, json } = flags;
  const settings = readSettings();
  const line = progress(process.stderr, json);
  const spec = await findBackbone(nameOrFile, settings, line);
  const images = [];
  for (const path of paths) images.push(await decodeImage(await readInput(path), { maxPixels: settings.maxPixels }));
  const list = configurations(batch).filter((each) => device === 'all' || each.device === device);
  const rows: BenchRow[] = [];
  const options = { images: images.length > 0 ? images : [testPicture()], seconds, threads, signal: interruption };
  try {
    for await (const row of benchBackbone(spec, list, options)) {
      rows.push(row);
      line.show(`${spec.id}: ${rows.length} of ${list.length} measured`);
    }
  } finally {
    line.clear();
  }
  if (!rows.some((row) => 'imagesPerSecond' in row)) {
    throw new InvalidInputError(rows.map((row) => ('refused' in row ? row.refused : '')).join('; '));
  }
  console.log(json ? JSON.stringify({ backbone: spec.id, threads, rows }) : tableOf(rows));
}

function tableOf(rows: readonly BenchRow[]): string {
  const measured = rows.flatMap((row) => ('refused' in row ? [] : [row]));
  const head = ['device', 'precision', 'batch', 'images/s', 'opened in s', 'memory', 'GPU memory', 'cosine'];
  const cells = measured.map((row) => [
    ...[row.device, row.precision === 'given' ? row.weights : row.precision, row.batch],
    ...[row.imagesPerSecond.toFixed(2), row.opened.toFixed(1), megabytes(row.memory)],
    ...[row.gpuMemory === undefined ? '–' : megabytes(row.gpuMemory), row.cosine.toFixed(5)],
  ]);
  const refused = rows.flatMap((row) => ('refused' in row ? [`${row.device} ${row.precision}: ${row.refused}`] : []));
  return [table(head, cells), ...refused].join('\n');
}

function parseBatches(text: string): number[] {
  const batches = text.split(',').map(Number);
  if (batches.some((batch) => !Number.isInteger(batch) || batch < 1)) {
    throw new InvalidArgumentError('Expected whole numbers from 1: 1,8.');
  }
  return batches;
}

/** `saltworks eval FOLDER --protocol corpus`: what strokes on some images teach about others. */
import { join, resolve } from 'node:path';
import type { CorpusFigures, CorpusReport } from '@saltworks/contract/documents/corpus';
import type { Preset } from '@saltworks/contract/options';
import { measureCorpus } from '@saltworks/lab/corpus/corpus';
import { findBackbone } from '../backbones.ts';
import { makeFolder, writeWhole } from '../files.ts';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { table } from '../table.ts';

export interface CorpusFlags {
  out: string;
  train: number[];
  limit?: number;
  preset: Preset;
  backbone: string;
  seed: number;
  json?: boolean;
}

/** Measures, writes `corpus.json`, and prints the figures. */
export async function evaluateCorpus(
  folder: string,
  { out, train: sizes, limit, preset, backbone, seed, json }: CorpusFlags,
  { home, maxPixels, ...settings }: Settings,
  line: Progress,
): Promise<void> {
  await makeHome(home);
  const spec = await findBackbone(backbone, { home, maxPixels, ...settings }, line);
  await makeFolder(out);
  const report = await measureCorpus({
    ...{ folder: resolve(folder), sizes, spec, preset, seed, limit, maxPixels },
    ...{ keys: join(home, 'lab'), signal: interruption },
    onProgress: (stage, done, total) => line.show(`${stage}: ${done} of ${total}`),
  }).finally(line.clear);
  await writeWhole(join(out, 'corpus.json'), `${JSON.stringify(report, null, 1)}\n`);
  if (json) for (const figures of report.figures) console.log(JSON.stringify({ ...figures, test: report.test }));
  else console.log(`${tableOf(report)}\n→ ${out}`);
}

const tableOf = ({ figures }: CorpusReport): string => {
  const fields = ({ right, miou }: Pick<CorpusFigures, 'right' | 'miou'>) => [right.toFixed(3), miou.toFixed(3)];
  return [
    table(
      ['images', 'pixels right', 'mIoU'],
      figures.map(({ images, ...untouched }) => [images, ...fields(untouched)]),
    ),
    ...(figures.some(({ strokes }) => strokes)
      ? [
          '\nwith strokes of their own, without the corpus and with it:',
          table(
            ['images', 'pixels right', 'mIoU', 'right, heard', 'mIoU, heard', 'errors fall by', 'trust'],
            figures.flatMap(({ images, strokes }) =>
              strokes
                ? [
                    [
                      images,
                      ...fields(strokes.alone),
                      ...fields(strokes.heard),
                      fallOf(strokes),
                      strokes.trust.toFixed(2),
                    ],
                  ]
                : [],
            ),
          ),
        ]
      : []),
  ].join('\n');
};

/** Of wrong pixels, those that the corpus puts right, less those that it spoils. */
const fallOf = ({ alone, heard }: NonNullable<CorpusReport['figures'][number]['strokes']>): string =>
  alone.right === 1 ? '–' : `${((100 * (heard.right - alone.right)) / (1 - alone.right)).toFixed(0)} %`;

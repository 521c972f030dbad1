/** `saltworks eval compare`: what differs between two runs over the same images, with intervals, and where. */
import { join } from 'node:path';
import { parseDocument, parseLines } from '@saltworks/contract/documents/document';
import type { EvaluationComparison, EvaluationDifference } from '@saltworks/contract/documents/evaluation-comparisons';
import { evaluationPlan, evaluationRow } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { compareRuns, type Run } from '@saltworks/lab/report/compare';
import { comparisonPage, signed } from '@saltworks/lab/report/comparison-page';
import { Command } from 'commander';
import { makeFolder, readInput, writeWhole } from '../files.ts';
import { table } from '../table.ts';

export const compareCommand = (): Command =>
  new Command('compare')
    .description(
      'what differs between two evaluations of the same images, with 95 % intervals, and which images changed',
    )
    .argument('<before>', 'the folder of a run')
    .argument('<after>', 'the folder of another')
    .option('--out <dir>', 'write comparison.html and comparison.json there')
    .option('--json', 'one JSON document instead of text')
    .addHelpText('after', '\nExample: saltworks eval compare runs/paper runs/best --out runs/paper-best')
    // `eval` has options of the same names, and takes them first.
    .action((before, after, _, command: Command) => compare(before, after, command.optsWithGlobals()));

async function compare(before: string, after: string, { out, json }: { out?: string; json?: boolean }): Promise<void> {
  const comparison = compareRuns(await readRun(before), await readRun(after));
  const text = `${JSON.stringify(comparison)}\n`;
  if (out !== undefined) {
    await makeFolder(out);
    await writeWhole(join(out, 'comparison.json'), text);
    await writeWhole(join(out, 'comparison.html'), comparisonPage(comparison));
  }
  if (json) process.stdout.write(text);
  else console.log(textOf(comparison));
}

/** @throws InvalidInputError unless the folder holds a whole run */
async function readRun(folder: string): Promise<Run> {
  const read = async (...path: string[]) => new TextDecoder().decode(await readInput(join(folder, ...path)));
  try {
    const plan = parseDocument(join(folder, 'evaluation.json'), await read('evaluation.json'), evaluationPlan);
    const rows = [];
    for (const protocol of plan.protocols) {
      const name = `${protocol}.jsonl`;
      rows.push(...parseLines(join(folder, 'rows', name), await read('rows', name), evaluationRow));
    }
    return { name: folder, plan, rows };
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError((error as Error).message);
  }
}

function textOf({ dataset, before, after, differences, images }: EvaluationComparison): string {
  const most = images.filter((image) => image.before !== image.after).slice(0, 10);
  return [
    `${dataset}: ${before.preset} on ${before.backbone} → ${after.preset} on ${after.backbone}`,
    table(
      [
        'protocol',
        'source',
        'variant',
        'measure',
        'images',
        'before',
        'after',
        'difference',
        '95 %',
        'better',
        'worse',
      ],
      differences.map((difference) => line(difference)),
    ),
    ...(most.length === 0
      ? ['No image changed.']
      : [
          '',
          table(
            ['image', 'source', 'protocol', 'before', 'after', 'change'],
            most.map(({ image, source, protocol, before, after }) => [
              ...[image, source, protocol, before.toFixed(3), after.toFixed(3), signed(after - before)],
            ]),
          ),
        ]),
  ].join('\n');
}

const line = ({
  protocol,
  source,
  before,
  after,
  measure,
  images,
  values,
  difference,
  ...counts
}: EvaluationDifference) => [
  ...[protocol, source, before === after ? before : `${before} → ${after}`, measure, images],
  ...[values.before.toFixed(3), values.after.toFixed(3), signed(difference.mean)],
  ...[`${signed(difference.low)} to ${signed(difference.high)}`, counts.better, counts.worse],
];

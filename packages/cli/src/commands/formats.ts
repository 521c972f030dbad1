/** `saltworks dataset formats`: what each format keeps and what it cannot hold, before anything is lost. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { exportFormatFacts } from '@saltworks/contract/export-formats';
import { labelFormatFacts } from '@saltworks/contract/label-formats';
import { Command } from 'commander';

interface Facts {
  name: string;
  /** `in`: labels that `dataset import` reads; `out`: a format of `dataset export`. */
  way: 'in' | 'out';
  title: string;
  keeps: string;
  loses: string;
  /** How a folder or file of it looks. */
  looks?: string;
}

const all: Facts[] = [
  ...Object.entries(labelFormatFacts).map(([name, facts]) => ({ name, way: 'in' as const, ...facts })),
  ...Object.entries(exportFormatFacts).map(([name, facts]) => ({ name, way: 'out' as const, ...facts })),
];

export const formatsCommand = (): Command =>
  new Command('formats')
    .description('the formats that are read and written: what each keeps, and what it cannot hold')
    .argument('[format]', 'one of them')
    .option('--json', 'JSON, one document a line')
    .action(list);

function list(format: string | undefined, { json }: { json?: boolean }): void {
  const chosen = format === undefined ? all : all.filter(({ name }) => name === format);
  if (chosen.length === 0) {
    const names = [...new Set(all.map(({ name }) => name))].sort();
    throw new InvalidInputError(`format ${JSON.stringify(format)}; expected one of ${names.join(', ')}`);
  }
  for (const facts of chosen) console.log(json ? JSON.stringify(facts) : describe(facts));
}

const describe = ({ name, way, title, keeps, loses, looks }: Facts): string =>
  [
    `${way === 'in' ? 'in ' : 'out'}  ${name}  ${title}`,
    ...(looks === undefined ? [] : [`     looks like: ${looks}`]),
    `     keeps: ${keeps}`,
    `     loses: ${loses}`,
  ].join('\n');

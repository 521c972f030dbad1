/** `saltworks backbone …`: the networks that keys come from. */
import { pullBackbone } from '@saltworks/backbone/pull';
import { listBackbones } from '@saltworks/backbone/registry';
import { Command } from 'commander';
import { type Progress, progress } from '../progress.ts';
import { readSettings } from '../settings.ts';

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

export function backboneCommand(): Command {
  const command = new Command('backbone').description('the networks that keys come from');
  command
    .command('list')
    .description('known backbones, and which of them are here')
    .option('--json', 'one JSON document instead of a table')
    .action(async ({ json }: { json?: boolean }) => {
      const backbones = await listBackbones(readSettings().home);
      if (json) return console.log(JSON.stringify(backbones));
      for (const { name, bytes, pulled, licence, note } of backbones) {
        console.log(`${name}  ${megabytes(bytes)}  ${pulled ? 'pulled' : 'not pulled'}  ${licence}\n  ${note}`);
      }
    });
  command
    .command('pull')
    .description('fetch a backbone and verify its hash; does nothing if it is here')
    .argument('<name>', 'a name from "backbone list"')
    .option('--json', 'one JSON document instead of text')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const path = await pull(name, readSettings().home, progress(process.stderr, json));
      console.log(json ? JSON.stringify({ name, path }) : `${name}: ${path}`);
    });
  return command;
}

/** Fetches a backbone while saying how far it is. @returns its path */
export async function pull(name: string, home: string, line: Progress): Promise<string> {
  try {
    return await pullBackbone(name, {
      home,
      onProgress: ({ stage, bytes }) =>
        line.show(`${name}: ${stage === 'verify' ? 'verifying' : `downloading, ${megabytes(bytes)}`}`),
    });
  } finally {
    line.clear();
  }
}

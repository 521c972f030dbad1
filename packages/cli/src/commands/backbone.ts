/** `saltworks backbone …`: the networks that keys come from. */
import { listBackbones } from '@saltworks/backbone/registry/registry';
import { Command } from 'commander';
import { megabytes, pull } from '../backbones.ts';
import { progress } from '../progress.ts';
import { readSettings } from '../settings.ts';

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
      const path = await pull(name, readSettings(), progress(process.stderr, json));
      console.log(json ? JSON.stringify({ name, path }) : `${name}: ${path}`);
    });
  return command;
}

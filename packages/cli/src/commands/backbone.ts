/** `saltworks backbone …`: the networks that keys come from. */
import { addBackbone, type Given, removeBackbone } from '@saltworks/backbone/registry/add';
import { type BackboneEntry, filesOf } from '@saltworks/backbone/registry/entries';
import { backboneEntries, findEntry, type ListedBackbone, pathsOf } from '@saltworks/backbone/registry/registry';
import { facets, interpolations } from '@saltworks/contract/kinds';
import { Command, InvalidArgumentError, Option } from 'commander';
import { licenceOf, megabytes, pull, showing } from '../backbones.ts';
import { fetchingOf } from '../fetching.ts';
import { interruption } from '../interrupt.ts';
import { parseAbove, parseWhole } from '../options.ts';
import { progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { table } from '../table.ts';
import { benchCommand } from './backbone-bench.ts';
import { inspectCommand, probeCommand } from './backbone-files.ts';
import { channelCommand } from './channel.ts';

type AddFlags = Given & { store?: boolean; home?: boolean; json?: boolean };

export function backboneCommand(): Command {
  const command = new Command('backbone').description('the networks that keys come from');
  command
    .command('list')
    .description('known backbones and added ones, and which of them are here')
    .option('--json', 'one JSON document instead of a table')
    .action(list);
  command
    .command('show')
    .description('all that is known of a backbone')
    .argument('<name>', 'a name from "backbone list"')
    .option('--json', 'one JSON document instead of text')
    .action(show);
  command
    .command('pull')
    .description('fetch a backbone and verify its hash; does nothing if it is here')
    .argument('<name>', 'a name from "backbone list"')
    .option(
      '--accept-licence',
      'its licence is accepted: wanted by weights with terms of their own, or not for commerce',
    )
    .option('--from <file|url>', 'take the file from here instead of its source, such as an export of your own')
    .option('--json', 'one JSON document instead of text')
    .action(pullOne);
  command
    .command('add')
    .description('make an entry of your own for an ONNX file')
    .argument('<name>', 'how it will be called: a-z, 0-9, ., _ and -')
    .argument('<file|url>', 'the ONNX file, or where it is fetched from')
    .addOption(new Option('--home', 'for this home alone (the default)').conflicts('store'))
    .option('--store', 'for all who share the store; the weights of a file go there, too')
    .option('--licence <text>', 'the licence of the weights')
    .option('--mean <r,g,b>', "mean of the pixels that it was trained on, in 0 … 1 (default: ImageNet's)", parseRgb)
    .option('--std <r,g,b>', 'their standard deviation', parseRgb)
    .option('--patch <n>', 'side of a patch in pixels, to be sure: the file says it', parseWhole(1))
    .option('--long-side <n>', 'size at which it sees images (default: near 518)', parseWhole(1))
    .addOption(
      new Option('--interpolation <how>', 'how positions are resized (default: bicubic)').choices(interpolations),
    )
    .option('--layer <n>', 'attention layer that keys are taken from, from 0 (default: the last)', parseWhole(0))
    .addOption(new Option('--facet <name>', 'what to take from it (default: key)').choices(facets))
    .option('--sigma <x>', 'factor of the median distance in rbf graphs (default: 0.15)', parseAbove(0))
    .option('--sha256 <hex>', 'the hash that the file must have', parseSha256)
    .option('--json', 'one JSON document instead of text')
    .action(add);
  command
    .command('rm')
    .description(
      'remove an entry of your own, whose name keeps standing for the same keys; or the files of a known one',
    )
    .argument('<name>', 'a name from "backbone list"')
    .addOption(new Option('--home', 'from this home (the default)').conflicts('store'))
    .option('--store', 'from the store, with its weights, or the hash that was recorded there')
    .action(remove);
  command.addCommand(inspectCommand()).addCommand(probeCommand());
  command.addCommand(benchCommand());
  command.addCommand(channelCommand());
  return command;
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const entries = await entriesHere();
  if (json) return console.log(JSON.stringify(entries.map(described)));
  const rows = entries.map((entry) => {
    const { name, where, pulled, source, licence, terms } = entry;
    const state = pulled ? 'here' : source.kind === 'export' ? 'to export' : 'to pull';
    return [name, where, state, sizeOf(entry), terms === undefined ? licence : `${licence} (${terms})`];
  });
  console.log(table(['name', 'entry', 'files', 'size', 'licence'], rows));
}

/** All entries; without the store's if it cannot be read now. */
async function entriesHere(): Promise<ListedBackbone[]> {
  const settings = readSettings();
  const { home } = settings;
  try {
    return await backboneEntries(fetchingOf(settings));
  } catch (error) {
    console.error(`saltworks: without the entries of the store: ${(error as Error).message}`);
    return backboneEntries({ home });
  }
}

async function show(name: string, { json }: { json?: boolean }): Promise<void> {
  const settings = readSettings();
  const entry = await findEntry(name, fetchingOf(settings));
  const facts = { ...described(entry), files: pathsOf(entry, settings.home) };
  if (json) return console.log(JSON.stringify(facts));
  for (const [field, value] of Object.entries(facts)) {
    if (value !== undefined) console.log(`${field}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  }
}

async function pullOne(
  name: string,
  { acceptLicence, from, json }: { acceptLicence?: boolean; from?: string; json?: boolean },
): Promise<void> {
  const fetching = fetchingOf(readSettings());
  const accepted = [...(fetching.accepted ?? []), ...(acceptLicence ? [name] : [])];
  const onLicence = (entry: BackboneEntry) => (json ? console.error : console.log)(licenceOf(entry));
  const path = await pull(name, { ...fetching, accepted, from, onLicence }, progress(process.stderr, json));
  console.log(json ? JSON.stringify({ name, path }) : `${name}: ${path}`);
}

async function add(name: string, fileOrUrl: string, { store, home: _, json, ...given }: AddFlags): Promise<void> {
  const line = progress(process.stderr, json);
  const options = { ...fetchingOf(readSettings()), signal: interruption, onProgress: showing(name, line) };
  const entry = await addBackbone(name, fileOrUrl, given, { ...options, to: store ? 'store' : 'home' }).finally(() =>
    line.clear(),
  );
  if (json) return console.log(JSON.stringify(described(entry)));
  const { layers, heads, dim, patch, sha256, where, fixed } = entry;
  console.log(
    `${name}: ${layers} layers of ${heads} heads, keys of ${dim}, patches of ${patch} px; sha256 ${sha256}; in the ${where}`,
  );
  if (fixed !== undefined) console.log(`${name}: sees every image at its native size: ${fixed}`);
}

async function remove(name: string, { store }: { store?: boolean }): Promise<void> {
  const from = store ? 'store' : 'home';
  await removeBackbone(name, { ...fetchingOf(readSettings()), from });
  console.log(`${name}: removed from the ${from}`);
}

/** An entry with the size of all its files, where it is known. */
function described<T extends BackboneEntry>(entry: T): T {
  return { ...entry, bytes: bytesOf(entry) };
}

function bytesOf(entry: BackboneEntry): number | undefined {
  const sizes = filesOf(entry).map(({ bytes }) => bytes);
  return sizes.reduce((sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes), 0);
}

function sizeOf(entry: BackboneEntry): string {
  const bytes = bytesOf(entry);
  return bytes === undefined ? '' : megabytes(bytes);
}

function parseRgb(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.length !== 3 || values.some((value) => !Number.isFinite(value))) {
    throw new InvalidArgumentError('Expected three numbers: 0.5,0.5,0.5.');
  }
  return values;
}

function parseSha256(text: string): string {
  const lower = text.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(lower)) throw new InvalidArgumentError('Expected 64 hexadecimal digits.');
  return lower;
}

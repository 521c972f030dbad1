/** `saltworks backbone channel …`: names that stand for one backbone after another. */
import { type Channel, deleteChannel, getChannels, postChannel } from '@saltworks/contract/api/channels';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysText } from '@saltworks/contract/keys-text';
import { Command } from 'commander';
import { sharedName } from '../backbones.ts';
import { type KeysFlags, withKeysOptions } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

interface SetFlags extends KeysFlags {
  note?: string;
  json?: boolean;
}

export function channelCommand(): Command {
  const command = new Command('channel')
    .description('names such as stable, which stand for one backbone after another: schedules follow them')
    .addHelpText(
      'after',
      `
Examples:
  saltworks backbone channel set stable --backbone dinov2-small-focus
  saltworks backbone channel set stable --backbone dinov2-small-focus --layer 9 --note "better on small objects"
  saltworks backbone channel ls`,
    );
  withKeysOptions(command.command('set'))
    .description('make a channel stand for a backbone from now on')
    .argument('<name>', 'a-z, 0-9 and -')
    .option('--note <text>', 'why')
    .option('--json', 'one JSON document instead of text')
    .action(setOne);
  command
    .command('ls')
    .description('the channels, what each stands for and stood for')
    .option('--json', 'JSON, one document a line')
    .action(list);
  command
    .command('rm')
    .description('remove a channel with its history; refused while a schedule follows it')
    .argument('<name>', 'of the channel')
    .action(remove);
  return command;
}

/** @throws InvalidInputError unless the text can be a channel's name */
function channelAt(name: string): { params: { channel: string } } {
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) return { params: { channel: name } };
  throw new InvalidInputError(`channel "${name}"; expected a-z, 0-9 and -, at most 64`);
}

async function setOne(name: string, { backbone, layer, facet, longSide, codec, note, json }: SetFlags): Promise<void> {
  const at = channelAt(name);
  const body = { backbone: await sharedName(backbone), layer, facet, longSide, codec, note };
  await withApi(json, async (api) => {
    const channel = await api(postChannel, { ...at, body });
    console.log(json ? JSON.stringify(channel) : `${name}: ${keysText(channel.entries[0])}`);
  });
}

async function list({ json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const channels = await api(getChannels);
    if (json) for (const channel of channels) console.log(JSON.stringify(channel));
    else if (channels.length > 0) {
      console.log(table(['channel', 'since', 'stands for', 'set by', 'note'], channels.flatMap(rowsOf)));
    }
  });
}

/** The newest first; the name stands beside that one alone. */
const rowsOf = ({ name, entries }: Channel) =>
  entries.map((entry, i) => [i === 0 ? name : '', entry.set, keysText(entry), entry.by ?? '', entry.note ?? '']);

async function remove(name: string): Promise<void> {
  const at = channelAt(name);
  await withApi(false, async (api) => {
    await api(deleteChannel, at);
    console.log(`${name}: removed`);
  });
}

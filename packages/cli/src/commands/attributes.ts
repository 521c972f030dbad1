/** `saltworks campaign attributes`: what a campaign wants to know of segments and images. */
import { getCampaign } from '@saltworks/contract/api/campaigns';
import { putCampaignSchema } from '@saltworks/contract/api/label-schemas';
import { type Attribute, attributeKinds, attributeTargets } from '@saltworks/contract/attributes';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import { campaignAt } from '../campaigns.ts';
import { gather } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const attributesCommand = (): Command =>
  new Command('attributes')
    .description(
      'what a campaign wants to know of segments and images beside classes; adds, requires, retires and restores some',
    )
    .argument('<id>', 'of the campaign')
    .option('--add <text>', '[image:]NAME:KIND, a KIND of flag, number, text or choice=A|B|C; may be repeated', gather)
    .option('--require <name>', 'handing in waits for a value; may be repeated', gather)
    .option('--optional <name>', 'it does not; may be repeated', gather)
    .option('--retire <name>', 'no longer asked for; values that were given stay; may be repeated', gather)
    .option('--restore <name>', 'asked for again; may be repeated', gather)
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
All that is asked for becomes one new version of the classes; pages that are open ask for it at once. Name and kind stay, since
masks name values so.

Example: saltworks campaign attributes street --add "occluded:flag" --add "image:weather:choice=sun|rain" --require weather`,
    )
    .action(attributes);

interface Flags {
  add?: string[];
  require?: string[];
  optional?: string[];
  retire?: string[];
  restore?: string[];
  json?: boolean;
}

async function attributes(id: string, { json, ...flags }: Flags): Promise<void> {
  await withApi(json, async (api) => {
    const { categories, attributes: before = [], schema } = await api(getCampaign, campaignAt(id));
    const wanted = changed(before, flags);
    const asks = Object.values(flags).some((flag) => flag !== undefined);
    const made = asks
      ? await api(putCampaignSchema, { ...campaignAt(id), body: { after: schema, categories, attributes: wanted } })
      : { version: schema, attributes: before };
    if (json) return console.log(JSON.stringify({ version: made.version, attributes: made.attributes ?? [] }));
    console.log(`version ${made.version}${made.version === schema ? '' : `, after ${schema}`}`);
    console.log(
      table(
        ['id', 'name', 'of', 'kind', '', ''],
        (made.attributes ?? []).map(({ id, name, of, kind, choices, required, retired }) => [
          ...[id, name, of, choices ? `one of ${choices.join(', ')}` : kind],
          ...[required ? 'required' : '', retired ? 'retired' : ''],
        ]),
      ),
    );
  });
}

/** @throws InvalidInputError for an attribute that is not there, or a text that is none */
function changed(before: readonly Attribute[], flags: Flags): Attribute[] {
  const { add = [], require: required = [], optional = [], retire = [], restore = [] } = flags;
  const all = before.map((attribute) => ({ ...attribute }));
  for (const text of add) all.push({ id: Math.max(0, ...all.map(({ id }) => id)) + 1, ...parsed(text) });
  const set = (names: readonly string[], changes: Partial<Attribute>) => {
    for (const name of names) {
      const found = all.find((attribute) => attribute.name === name);
      if (!found) {
        const known = all.map((attribute) => attribute.name).join(', ') || 'none yet';
        throw new InvalidInputError(`no attribute ${name}; expected one of ${known}`);
      }
      Object.assign(found, changes);
    }
  };
  set(required, { required: true });
  set(optional, { required: undefined });
  set(retire, { retired: true });
  set(restore, { retired: undefined });
  return all;
}

function parsed(text: string): Omit<Attribute, 'id'> {
  const parts = text.split(':');
  const of = parts.length === 3 ? parts[0] : 'segment';
  const [name, kindText = ''] = parts.slice(-2);
  const [kind, list] = kindText.split('=');
  const choices = list?.split('|').map((choice) => choice.trim());
  const isKnown = attributeKinds.some((one) => one === kind) && attributeTargets.some((one) => one === of);
  if (parts.length < 2 || parts.length > 3 || !isKnown || (kind === 'choice') !== (choices !== undefined)) {
    throw new InvalidInputError(
      `--add ${text}; expected [image:]NAME:KIND, a KIND of flag, number, text or choice=A|B|C`,
    );
  }
  return { name: name.trim(), of: of as Attribute['of'], kind: kind as Attribute['kind'], ...(choices && { choices }) };
}

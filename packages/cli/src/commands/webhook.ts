/** `saltworks webhook …`: addresses that are told what happens to builds and schedules. */
import { params } from '@saltworks/contract/api/fields';
import {
  type Delivery,
  deleteTopicWebhook,
  getTopicWebhookDeliveries,
  getTopicWebhooks,
  type NoticeEvent,
  noticeEvents,
  postTopicWebhookRedeliver,
  postTopicWebhooks,
  postTopicWebhookTest,
} from '@saltworks/contract/api/webhooks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Api } from '../api.ts';
import { interruption } from '../interrupt.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';

interface Flags {
  schedule?: string;
  json?: boolean;
}

/** How long a trial is waited for, milliseconds: about as long as the server waits for an answer. */
const patienceMs = 25_000;

export function webhookCommand(): Command {
  const command = new Command('webhook').description('addresses that are told what happens to builds and schedules');
  const on = (name: string, description: string, json = 'one JSON document instead of text') =>
    command
      .command(name)
      .description(description)
      .argument('[name]', 'a campaign or a dataset')
      .option('--schedule <id>', 'a schedule instead')
      .option('--json', json);
  on('add', 'add an address; what signs is told this once')
    .requiredOption('--url <address>', 'https://…, on a host of the server’s SALTWORKS_WEBHOOK_HOSTS')
    .addOption(
      new Option('--events <list>', `of what: ${noticeEvents.join(', ')}; default everything`).argParser(parseEvents),
    )
    .addHelpText(
      'after',
      `
What is sent is signed as Standard Webhooks has it, so that the receiver can tell who sent it. It is tried again for a day.

Examples:
  saltworks webhook add pets --url https://hooks.example.org/saltworks
  saltworks webhook add --schedule nightly --url https://hooks.example.org/saltworks --events build.held,build.failed`,
    )
    .action(add);
  on('ls', 'the addresses of a campaign, a dataset or a schedule', 'JSON, one document a line').action(list);
  on('rm', 'remove an address; what is on its way to it is dropped')
    .requiredOption('--webhook <id>', 'an id from "webhook ls"')
    .action(remove);
  on('test', 'send a trial to an address, and say how it went; exit code 1 where it did not arrive')
    .requiredOption('--webhook <id>', 'an id from "webhook ls"')
    .action(tryOut);
  on('deliveries', 'what was sent to an address, and how each try went; the newest first', 'JSON, one document a line')
    .requiredOption('--webhook <id>', 'an id from "webhook ls"')
    .option('--redeliver <id>', 'send this one once more, now')
    .action(deliveries);
  return command;
}

function parseEvents(text: string): NoticeEvent[] {
  const events = text.split(',').filter(Boolean) as NoticeEvent[];
  const unknown = events.find((each) => !noticeEvents.includes(each));
  if (unknown === undefined && events.length > 0) return events;
  throw new InvalidArgumentError(`${unknown ?? 'nothing'}; expected some of ${noticeEvents.join(', ')}`);
}

/** @throws InvalidInputError unless one of the two is named, and is there */
async function placeOf(api: Api, name: string | undefined, { schedule }: Flags) {
  if ((name === undefined) === (schedule === undefined)) {
    throw new InvalidInputError('expected the name of a campaign or a dataset, or --schedule and its id');
  }
  if (schedule !== undefined && !params.schedule.safeParse(schedule).success) {
    throw new InvalidInputError(`--schedule ${schedule}; expected an id from "schedule ls"`);
  }
  const topic = schedule === undefined ? subjectText(await findSubject(api, name as string)) : `schedule:${schedule}`;
  return { topic };
}

async function add(name: string | undefined, flags: Flags & { url: string; events?: NoticeEvent[] }): Promise<void> {
  await withApi(flags.json, async (api) => {
    const { url, events, json } = flags;
    const made = await api(postTopicWebhooks, { params: await placeOf(api, name, flags), body: { url, events } });
    if (json) console.log(JSON.stringify(made));
    else console.log(`${made.webhook.id}: ${made.webhook.url}\nsigned with, told this once: ${made.secret}`);
  });
}

async function list(name: string | undefined, flags: Flags): Promise<void> {
  await withApi(flags.json, async (api) => {
    const found = await api(getTopicWebhooks, { params: await placeOf(api, name, flags) });
    if (flags.json) for (const webhook of found) console.log(JSON.stringify(webhook));
    else if (found.length === 0) console.log('none yet: saltworks webhook add');
    else
      console.log(
        table(
          ['webhook', 'address', 'events', 'by'],
          found.map(({ id, url, events, by }) => [id, url, events.join(',') || 'all', by ?? '–']),
        ),
      );
  });
}

async function remove(name: string | undefined, flags: Flags & { webhook: string }): Promise<void> {
  await withApi(flags.json, async (api) => {
    const { webhook, json } = flags;
    await api(deleteTopicWebhook, { params: { ...(await placeOf(api, name, flags)), webhook } });
    console.log(json ? JSON.stringify({ removed: webhook }) : `${webhook}: removed`);
  });
}

async function tryOut(name: string | undefined, flags: Flags & { webhook: string }): Promise<void> {
  await withApi(flags.json, async (api, line) => {
    const place = { params: { ...(await placeOf(api, name, flags)), webhook: flags.webhook } };
    const { delivery: id } = await api(postTopicWebhookTest, place);
    line.show('waiting for the answer');
    const sent = await firstTry(api, place, id);
    line.clear();
    const arrived = sent?.state === 'delivered';
    if (!arrived) process.exitCode = 1;
    if (flags.json) console.log(JSON.stringify(sent ?? { id, state: 'waiting', attempts: [] }));
    else if (arrived) console.log(`arrived: ${howItWent(sent)}`);
    else console.error(`saltworks: it did not arrive: ${sent ? howItWent(sent) : 'no try yet'}`);
  });
}

/** A delivery once it was tried; undefined if that takes too long. */
async function firstTry(
  api: Api,
  place: { params: { topic: string; webhook: string } },
  id: string,
): Promise<Delivery | undefined> {
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    const { items } = await api(getTopicWebhookDeliveries, { ...place, query: { limit: 20 } });
    const found = items.find((each) => each.id === id);
    if (found && found.attempts.length > 0) return found;
    await new Promise((again) => setTimeout(again, 300));
    interruption.throwIfAborted();
  }
  return undefined;
}

const howItWent = ({ attempts }: Delivery): string => {
  const last = attempts.at(-1);
  return last ? (last.reason ?? `answered ${last.status} in ${last.ms} ms`) : 'no try yet';
};

async function deliveries(
  name: string | undefined,
  flags: Flags & { webhook: string; redeliver?: string },
): Promise<void> {
  await withApi(flags.json, async (api) => {
    const { webhook, redeliver, json } = flags;
    const topic = await placeOf(api, name, flags);
    if (redeliver !== undefined) {
      await api(postTopicWebhookRedeliver, { params: { ...topic, webhook, delivery: redeliver } });
      return console.log(json ? JSON.stringify({ redelivered: redeliver }) : `${redeliver}: on its way once more`);
    }
    const { items } = await api(getTopicWebhookDeliveries, { params: { ...topic, webhook }, query: { limit: 50 } });
    if (json) for (const item of items) console.log(JSON.stringify(item));
    else if (items.length === 0) console.log('nothing was sent yet');
    else
      console.log(
        table(
          ['delivery', 'event', 'when', 'state', 'tries', 'the last of them'],
          items.map((item) => [item.id, item.event, item.created, item.state, item.attempts.length, howItWent(item)]),
        ),
      );
  });
}

/** Routes of channels: names that stand for one backbone after another. */
import { type Channel, deleteChannel, getChannels, postChannel } from '@saltworks/contract/api/channels';
import { channelNames, readChannel, removeChannel, setChannel } from '@saltworks/store/channels';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { sql } from 'kysely';
import { auditAlone } from '../accounts/audit.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { settleKeys } from '../runs/settle.ts';
import { route } from './routes.ts';

async function describeChannel(store: ObjectStore, name: string): Promise<Channel> {
  return { name, entries: await readChannel(store, name) };
}

export const channelRoutes = [
  route(getChannels, {
    summary: 'Channels of backbones, and what each stands for and stood for',
    access: 'user',
    async handler({ deps: { store } }) {
      const names = await channelNames(store);
      return Promise.all(names.map((name) => describeChannel(store, name)));
    },
  }),
  route(postChannel, {
    summary: 'Makes a channel stand for a backbone from now on; what it stood for stays in its history',
    access: 'admin',
    errors: [404],
    async handler({ deps, params, body, user }) {
      const { note, ...choice } = body;
      const stands = settleKeys(await deps.backbones.find(body.backbone), choice);
      const set = new Date().toISOString();
      const added = await setChannel(deps.store, params.channel, { ...stands, note, set, by: user.email });
      const entry = { actor: user.id, action: 'channel.set', object: params.channel, detail: body };
      if (added) await auditAlone(deps.db, entry);
      return describeChannel(deps.store, params.channel);
    },
  }),
  route(deleteChannel, {
    summary: 'Removes a channel with its history, unless a schedule follows it',
    access: 'admin',
    errors: [409],
    async handler({ deps, params, user }) {
      const { channel } = params;
      const follower = await deps.db
        .selectFrom('schedule')
        .select('id')
        .where(sql<string>`work->>'channel'`, '=', channel)
        .limit(1)
        .executeTakeFirst();
      if (follower) throw new ConflictError(`schedule ${follower.id} follows the channel ${channel}; expected none`);
      if (!(await removeChannel(deps.store, channel))) throw new NotFoundError(`no channel ${channel}`);
      await auditAlone(deps.db, { actor: user.id, action: 'channel.remove', object: channel });
      return null;
    },
  }),
];

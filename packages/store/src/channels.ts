/** Channels of backbones in a store: each entry an object of its own, created and never replaced. */
import { type ChannelEntry, channelEntry } from '@saltworks/contract/documents/channels';
import { channelKey, channelPrefix, channelsPrefix, channelVersionOf } from '@saltworks/contract/layout';
import { readDocument } from './objects/documents.ts';
import { folderNames } from './objects/folder-names.ts';
import type { CallOptions, ObjectStore } from './objects/store.ts';

/** The entries of a channel, the newest first; none if there is no such channel. */
export async function readChannel(store: ObjectStore, name: string, options?: CallOptions): Promise<ChannelEntry[]> {
  const entries: ChannelEntry[] = [];
  for await (const { key } of store.list(channelPrefix(name), options)) {
    const entry = await readDocument(store, key, channelEntry, options);
    if (entry) entries.unshift(entry);
  }
  return entries;
}

/** Names of all channels, in order. */
export async function channelNames(store: ObjectStore, options?: CallOptions): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folderNames(store, channelsPrefix, options)) names.push(name);
  return names;
}

type Stands = Omit<ChannelEntry, 'version' | 'channel'>;

/** Adds an entry, unless the newest one stands for the same. @returns whether it was added */
export async function setChannel(store: ObjectStore, channel: string, stands: Stands): Promise<boolean> {
  const entry: ChannelEntry = { version: 1, channel, ...stands };
  for (;;) {
    const [newest] = await readChannel(store, channel);
    if (newest && isSame(newest, entry)) return false;
    // Of two that add at once, one creates the next version; the other looks again.
    const version = (await lastVersion(store, channel)) + 1;
    if (await store.putIfAbsent(channelKey(channel, version), JSON.stringify(entry))) return true;
  }
}

const isSame = (a: ChannelEntry, b: ChannelEntry): boolean =>
  (['backbone', 'layer', 'facet', 'longSide', 'codec'] as const).every((field) => a[field] === b[field]);

async function lastVersion(store: ObjectStore, channel: string): Promise<number> {
  let last = 0;
  for await (const { key } of store.list(channelPrefix(channel))) last = channelVersionOf(key);
  return last;
}

/** Removes a channel with its history. @returns whether there was one */
export async function removeChannel(store: ObjectStore, channel: string): Promise<boolean> {
  const keys: string[] = [];
  for await (const { key } of store.list(channelPrefix(channel))) keys.push(key);
  // The newest last: until the end the channel stands for what it stood for.
  for (const key of keys) await store.delete(key);
  return keys.length > 0;
}

/** Counts what a store holds, by listing all of it. */
import { hostname } from 'node:os';
import type { StoragePart, StorageUsage } from '@saltworks/contract/documents/storage';
import { storageCountingKey, storageOf, storageUsageKey } from '@saltworks/contract/layout';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** A process that counts says so this often; one that was silent for longer than `deadMs` has died. */
const sayMs = 30_000;
const deadMs = 120_000;

/**
 * Lists every object, and keeps the sums.
 *
 * @returns undefined while another process counts
 */
export async function countStorage(store: ObjectStore, options: CallOptions = {}): Promise<StorageUsage | undefined> {
  const other = await store.head(storageCountingKey, options);
  if (other && Date.now() - other.modified.getTime() < deadMs) return undefined;
  const say = () => store.put(storageCountingKey, `${process.pid}@${hostname()}`, options);
  await say();
  try {
    const usage = await sum(store, say, options);
    await store.put(storageUsageKey, JSON.stringify(usage), options);
    return usage;
  } finally {
    await store.delete(storageCountingKey).catch(() => {});
  }
}

async function sum(store: ObjectStore, say: () => Promise<void>, options: CallOptions): Promise<StorageUsage> {
  const began = performance.now();
  const parts = new Map<string, StoragePart>();
  let said = began;
  for await (const { key, size } of store.list('', options)) {
    const { kind, of } = storageOf(key);
    const name = `${kind}/${of}`;
    const part = parts.get(name) ?? { kind, of, objects: 0, bytes: 0 };
    parts.set(name, part);
    part.objects++;
    part.bytes += size;
    if (performance.now() - said < sayMs) continue;
    said = performance.now();
    await say();
  }
  const all = [...parts.values()];
  return {
    version: 1,
    counted: new Date().toISOString(),
    seconds: Math.round(performance.now() - began) / 1000,
    objects: all.reduce((total, { objects }) => total + objects, 0),
    bytes: all.reduce((total, { bytes }) => total + bytes, 0),
    parts: all.sort((a, b) => b.bytes - a.bytes),
  };
}

/**
 * Imports and the sweep of a deleted dataset keep out of each other's way: an import relies on images that other datasets brought,
 * and the sweep removes those that no dataset has. Both say that they are at work by a mark. A sweep gives way to imports; an import
 * waits for a sweep.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { importMarkKey, importsPrefix, sweepMarkKey } from '@saltworks/contract/layout';
import type { CallOptions, ObjectInfo, ObjectStore } from '../objects/store.ts';

/** Milliseconds between two signs of life; after so many without one a process has died, whatever its clock says. */
const [sayMs, deadMs] = [30_000, 20 * 60_000];
/** Between two looks whether a sweep is over. */
const lookMs = 500;

const isAlive = (mark: ObjectInfo | undefined) => mark !== undefined && Date.now() - mark.modified.getTime() < deadMs;

/** Does an import's work, once no sweep is under way. */
export async function whileImporting<T>(
  store: ObjectStore,
  work: () => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  const mark = importMarkKey(randomUUID());
  // Before the look: of a sweep and an import that begin at once, one sees the other.
  await store.put(mark, '', options);
  return renewed(store, mark, async () => {
    while (isAlive(await store.head(sweepMarkKey, options))) {
      await delay(lookMs, undefined, options).catch(() => {});
      options.signal?.throwIfAborted();
    }
    return work();
  });
}

/** Does a sweep's work. @returns undefined if an import or another sweep is under way: nothing is done then */
export async function whileSweeping<T>(
  store: ObjectStore,
  work: () => Promise<T>,
  options: CallOptions = {},
): Promise<T | undefined> {
  if (await importsRun(store, options)) return undefined;
  if (!(await store.putIfAbsent(sweepMarkKey, '', options))) {
    // Of one that died: the next try finds none.
    if (!isAlive(await store.head(sweepMarkKey, options))) await store.delete(sweepMarkKey, options);
    return undefined;
  }
  return renewed(store, sweepMarkKey, async () => ((await importsRun(store, options)) ? undefined : work()));
}

async function importsRun(store: ObjectStore, options: CallOptions): Promise<boolean> {
  for await (const mark of store.list(importsPrefix, options)) {
    if (isAlive(mark)) return true;
    await store.delete(mark.key, options);
  }
  return false;
}

async function renewed<T>(store: ObjectStore, mark: string, work: () => Promise<T>): Promise<T> {
  let saying: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    saying = store.put(mark, '').catch(() => {});
  }, sayMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await saying;
    await store.delete(mark).catch(() => {});
  }
}

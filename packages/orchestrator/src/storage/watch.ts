/** Keeps count of what the store holds, as long as the server runs. */
import type { ObjectStore } from '@saltworks/store/objects/store';
import { countStorage } from '@saltworks/store/storage/count';
import { readUsage, type Storage, setQuota, storageLevel } from '@saltworks/store/storage/level';
import { storeQuota, storeUsed } from '@saltworks/telemetry/metrics';
import { repeat } from '../concurrency/repeat.ts';

export interface StorageWatch {
  /** Looks at the last count and at the disk. */
  level(): Promise<Storage>;
  /** Counts now instead of later. */
  count(): void;
  stop(): void;
}

/** Milliseconds between two looks whether it is time to count; from the start to the first count; between two counts at least. */
const lookMs = 30_000;
const firstMs = 60_000;
const betweenMs = 600_000;
const sharedMs = 5_000;
/** A count of a large store may take hours: it takes a twentieth of the time. */
const share = 20;

/** @param quota bytes; null: none */
export function openStorageWatch({
  store,
  quota,
  log,
}: {
  store: ObjectStore;
  quota: number | null;
  log(message: string): void;
}): StorageWatch {
  const stopping = new AbortController();
  const opened = Date.now();
  let told = false;
  let asked = false;
  const isDue = async () => {
    if (asked) return true;
    if (Date.now() - opened < firstMs) return false;
    const usage = await readUsage(store);
    if (!usage) return true;
    return Date.now() - Date.parse(usage.counted) >= Math.max(betweenMs, share * 1000 * usage.seconds);
  };
  const look = repeat(
    lookMs,
    async () => {
      if (!told) await setQuota(store, quota);
      told = true;
      if (!(await isDue())) return;
      asked = false;
      await countStorage(store, { signal: stopping.signal });
    },
    (message) => {
      if (!stopping.signal.aborted) log(`storage: ${message}`);
    },
  );
  let last: { at: number; level: Promise<Storage> } | undefined;
  /** The gauges of one scrape share a look. */
  const seen = async (value: (level: Storage) => number | null | undefined) => {
    if (!last || Date.now() - last.at > sharedMs) last = { at: Date.now(), level: storageLevel(store) };
    return value(await last.level) ?? undefined;
  };
  const gauges = [
    storeUsed.observe(() => seen(({ used }) => used)),
    storeQuota.observe(() => seen((level) => level.quota)),
  ];
  return {
    level: () => storageLevel(store),
    count() {
      asked = true;
      look.now();
    },
    stop() {
      look.stop();
      for (const stop of gauges) stop();
      stopping.abort(new Error('the server closes'));
    },
  };
}

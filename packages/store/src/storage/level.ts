/** How full a store is: by its quota as it was counted last, and by its disk at this moment. */
import {
  type StorageQuota,
  type StorageUsage,
  storageQuota,
  storageUsage,
} from '@saltworks/contract/documents/storage';
import { StorageFullError } from '@saltworks/contract/errors';
import { storageQuotaKey, storageUsageKey } from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, Disk, ObjectStore } from '../objects/store.ts';

/** Share of a quota from which on people are warned. */
const WARN = 0.8;

/**
 * Bytes of a disk that stay free for strokes, their masks and the database, and those from which on people are warned: a
 * share of a small disk, a fixed amount of a large one.
 */
export const reserveOf = ({ total }: Pick<Disk, 'total'>): number => Math.min(0.05 * total, 2 ** 30);
const warnBelow = ({ total }: Pick<Disk, 'total'>): number => Math.min(0.2 * total, 10 * 2 ** 30);

export type Level = 'ok' | 'warning' | 'full';

export interface Storage {
  level: Level;
  /** In one line: what, how much, what to do. Empty while all is well. */
  reason: string;
  /** As it was counted last; null before the first count. */
  used: number | null;
  counted: string | null;
  quota: number | null;
  disk: Disk | null;
}

/** Looks at two small documents and at the disk; lists nothing. */
export async function storageLevel(store: ObjectStore, options?: CallOptions): Promise<Storage> {
  const [usage, quota, disk] = await Promise.all([
    readUsage(store, options),
    readDocument(store, storageQuotaKey, storageQuota, options),
    store.disk(),
  ]);
  return levelOf(usage, quota?.bytes ?? null, disk ?? null);
}

export const readUsage = (store: ObjectStore, options?: CallOptions): Promise<StorageUsage | undefined> =>
  readDocument(store, storageUsageKey, storageUsage, options);

/** What the quota says, and what the disk says: the worse of the two. */
export function levelOf(
  usage: Pick<StorageUsage, 'bytes' | 'counted'> | undefined,
  quota: number | null,
  disk: Disk | null,
): Storage {
  const said = [ofQuota(usage?.bytes ?? 0, quota), ofDisk(disk)];
  const worst = said.find(({ level }) => level === 'full') ?? said.find(({ level }) => level === 'warning');
  const { level, reason } = worst ?? { level: 'ok' as const, reason: '' };
  return { level, reason, used: usage?.bytes ?? null, counted: usage?.counted ?? null, quota, disk };
}

const what = 'saltworks storage shows what may go';

function ofQuota(used: number, quota: number | null): Pick<Storage, 'level' | 'reason'> {
  if (quota === null || used < WARN * quota) return { level: 'ok', reason: '' };
  const share = quota === 0 ? 100 : Math.floor((100 * used) / quota);
  const reason = `the store holds ${amount(used)}, ${share} % of its quota of ${amount(quota)}; ${what}, SALTWORKS_QUOTA sets the quota`;
  return { level: used >= quota ? 'full' : 'warning', reason };
}

/** The words of a full disk elsewhere (`room.ts`). */
function ofDisk(disk: Disk | null): Pick<Storage, 'level' | 'reason'> {
  if (!disk || disk.free >= warnBelow(disk)) return { level: 'ok', reason: '' };
  const { folder, free, total } = disk;
  if (free >= reserveOf(disk)) {
    return {
      level: 'warning',
      reason: `little room in ${folder}: ${amount(free)} of ${amount(total)} free; ${what}`,
    };
  }
  const reason = `no room in ${folder}: ${amount(free)} free; expected ${amount(reserveOf(disk))}, which strokes and their masks keep; ${what}`;
  return { level: 'full', reason };
}

/**
 * For work that fills the store: extraction, imports, exports, masks of whole datasets.
 *
 * @throws StorageFullError while the quota is used up, or the disk but for its reserve
 */
export async function expectStorage(store: ObjectStore, options?: CallOptions): Promise<void> {
  const { level, reason } = await storageLevel(store, options);
  if (level === 'full') throw new StorageFullError(reason);
}

/** Tells all processes the quota that the server was given. */
export async function setQuota(store: ObjectStore, bytes: number | null): Promise<void> {
  const known = await readDocument(store, storageQuotaKey, storageQuota);
  if ((known?.bytes ?? null) === bytes) return;
  await store.put(storageQuotaKey, JSON.stringify({ version: 1, bytes } satisfies StorageQuota));
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes as people write them: three digits and a unit, powers of 1,000. */
export function amount(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[power]}`;
}

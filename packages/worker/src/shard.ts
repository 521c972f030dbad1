/** Work on a shard, in every kind of run: failures are kept apart, progress is told, an attempt resumes the last. */
import { ThreadError } from '@saltworks/backbone/threads/threads';
import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import type { ShardReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Position, Tally } from '@saltworks/contract/messages/activities';
import { ObjectMissingError, type ObjectStore, StoreRefusedError } from '@saltworks/store/objects/store';
import { failures } from '@saltworks/telemetry/metrics';
import { DamagedKeysError } from './damaged-keys.ts';

/** The dependencies of every kind of run. */
export interface ShardDeps {
  store: ObjectStore;
  /** Reads an image's bytes, wherever its `object` points, into a buffer of their own. */
  readObject(object: string, signal: AbortSignal): Promise<Uint8Array>;
  maxPixels: number;
  /** The entry of a backbone; default: only known ones. @throws InvalidInputError if there is none */
  findBackbone?(name: string): Promise<{ sigma: number }>;
}

/** How an activity tells the server where it is, and learns that it should stop. */
export interface Pulse {
  /** The last position that the attempt before told. */
  last: Position | undefined;
  beat(position: Position): void;
  signal: AbortSignal;
  /** Which attempt this is, from 1. */
  attempt: number;
}

/** Attempts in which a store's refusal is taken for this worker's own trouble, which another one may not have. */
const ELSEWHERE = 3;

/**
 * A failure that lies with the image; anything else is thrown, to be tried again, by another worker perhaps.
 *
 * @throws the error itself if it is of any other kind
 */
export function failureOf(
  image: { sha256: string; name: string; names?: readonly { name: string }[] },
  error: unknown,
  attempt = 1,
): ShardReport['failures'][number] {
  if (error instanceof StoreRefusedError && attempt <= ELSEWHERE) throw error;
  // A defect of ours shows with some images only: the others do not wait until it is mended.
  const defect = error instanceof TypeError || error instanceof RangeError;
  const known = kinds.find(([kind]) => error instanceof kind)?.[1];
  if (!known && !defect) throw error;
  failures.inc({ reason: known ?? 'defect' });
  return {
    sha256: image.sha256,
    name: image.name,
    reason: `${defect ? 'internal error: ' : ''}${(error as Error).message.replaceAll('\n', ' ')}${further(image.names)}`,
    // A missing object may come back, and memory be free again; an unusable image stays unusable.
    permanent: error instanceof InvalidInputError && !(error instanceof StoreRefusedError),
  };
}

/** Errors that lie with an image, and what metrics call them. */
const kinds = [
  [StoreRefusedError, 'refused'],
  [InvalidInputError, 'unusable'],
  [ObjectMissingError, 'missing'],
  [UnreadableDocumentError, 'unreadable'],
  [ThreadError, 'thread'],
  [DamagedKeysError, 'damaged'],
] as const;

/** Whether an earlier run finished a shard for good: none of its failures can pass with time. */
export function isFinished(report: ShardReport | undefined): report is ShardReport {
  return report?.failures.every(({ permanent }) => permanent) ?? false;
}

export function tallyOf({ images, failures }: ShardReport, done: number): Tally {
  return { images, done, failed: failures.length, cached: images - failures.length - done };
}

/** Names that a failure tells beside the first. */
const mostNames = 5;

/** An annotator looks for the name that was drawn on. */
function further([, ...others]: readonly { name: string }[] = []): string {
  if (others.length === 0) return '';
  const told = others.slice(0, mostNames).map(({ name }) => name);
  const more = others.length > told.length ? ` and ${others.length - told.length} more names` : '';
  return ` (the same bytes: ${told.join(', ')}${more})`;
}

/** The machine: memory, file descriptors, processor. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { hasIntegerProducts } from '@saltworks/backbone/precision/processor';
import { amount } from '@saltworks/store/storage/level';
import { type Check, type Finding, ok, warning } from './check.ts';
import { isServer, isWorker } from './deployment.ts';

/** Bytes that a mask of a large image may take beside the rest: the CRF's budget (`core/src/refine/crf.ts`). */
const MASK_BYTES = 400e6;
/** A page holds a stream open, and each request to the store takes a socket. */
const FILES = 4_096;

export const checkMemory: Check = async (place) => {
  // Undefined, or a number beyond the machine's, where no container says so.
  const limit = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  if (!isWorker(place)) return [ok('memory', `${amount(limit)}`)];
  const { sessionBytes, propagateThreads = availableParallelism() } = place.settings;
  const wanted = sessionBytes + propagateThreads * MASK_BYTES;
  const said = `${amount(limit)}; open images and masks may take ${amount(wanted)}`;
  if (limit > wanted) return [ok('memory', said)];
  return [warning('memory', said, 'SALTWORKS_SESSION_BYTES or SALTWORKS_PROPAGATE_THREADS down, or more memory')];
};

export const checkFiles: Check = async (place) => {
  const soft = /^Max open files\s+(\S+)/m.exec(textOf('/proc/self/limits'))?.[1];
  if (soft === undefined || !isServer(place)) return [];
  const most = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  const said = `${soft} open files`;
  return [most >= FILES ? ok('files', said) : warning('files', said, `ulimit -n ${FILES} or more`)];
};

export const checkProcessor: Check = async (place) => {
  const cores = availableParallelism();
  const [quota, period] = textOf('/sys/fs/cgroup/cpu.max').split(' ').map(Number);
  const granted = quota > 0 && period > 0 ? quota / period : cores;
  const findings: Finding[] = [];
  const exact = hasIntegerProducts()
    ? 'exact products of bytes (int8)'
    : 'no exact products of bytes: int8 models round';
  findings.push(ok('processor', `${cores} cores, ${exact}`));
  if (!isWorker(place)) return findings;
  const { propagateThreads } = place.settings;
  const threads = propagateThreads ?? cores;
  if (threads > Math.max(1, Math.ceil(granted))) {
    const said = `${threads} masks at once on ${Number(granted.toFixed(1))} cores`;
    findings.push(
      warning('processor.threads', said, `SALTWORKS_PROPAGATE_THREADS=${Math.max(1, Math.floor(granted))}`),
    );
  }
  return findings;
};

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

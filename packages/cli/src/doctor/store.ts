/** The store: whether it answers, what this process may do there, and what its server is able to do. */
import { randomUUID } from 'node:crypto';
import { probeKey } from '@saltworks/contract/layout';
import { checkConditionalCreates } from '@saltworks/store/objects/probe';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Check, type Finding, fails, ok, oneLine } from './check.ts';
import { skewOf } from './clock.ts';

/** More than one part of an upload. */
const LARGE = 17 * 1024 * 1024;

export const checkStore: Check = async ({ settings, store: open }, signal) => {
  const { store: place } = settings;
  const isBucket = /^s3:/i.test(place);
  const mend = isBucket
    ? 'SALTWORKS_STORE, SALTWORKS_S3_ENDPOINT, and the credentials: they need s3:ListBucket, and s3:GetObject, PutObject, DeleteObject and AbortMultipartUpload under the prefix'
    : 'SALTWORKS_STORE, and who may write to the folder';
  let store: ObjectStore;
  let key: string | undefined;
  let doing = 'opening';
  let ahead = 0;
  try {
    store = open();
    key = probeKey(randomUUID());
    const step = <T>(name: string, work: () => Promise<T>): Promise<T> => {
      doing = name;
      return work();
    };
    await step('listing', async () => {
      for await (const _ of store.list('probes/', { signal })) break;
    });
    const before = Date.now();
    await step('writing', () => store.put(key as string, 'probe', { signal }));
    await step('reading', async () => {
      const modified = (await store.head(key as string, { signal }))?.modified.getTime() ?? before;
      await store.get(key as string, { signal });
      // Stores tell seconds: what lies between is no skew.
      ahead = Math.max(0, modified - Date.now()) || Math.min(0, modified + 1000 - before);
    });
    await step('deleting', () => store.delete(key as string, { signal }));
  } catch (error) {
    return [fails('store', `${place}, ${doing}: ${oneLine(error)}`, mend)];
  }
  const findings: Finding[] = [ok('store', `${place}: lists, writes, reads, deletes`)];
  findings.push(skewOf('store.clock', 'the store', ahead));
  if (!isBucket) return findings;
  const server = 'an S3 server, or a version of it, that can';
  const tried = async (code: string, said: string, work: () => Promise<unknown>) => {
    const failed = await work().then(
      () => undefined,
      (error: unknown) => oneLine(error),
    );
    findings.push(failed === undefined ? ok(code, said) : fails(code, failed, server));
  };
  await Promise.all([
    tried('store.conditions', 'creates only what is not there (If-None-Match)', () =>
      checkConditionalCreates(store, place, { signal }),
    ),
    tried('store.parts', 'takes uploads in parts, and reads ranges of them', () => checkParts(store, signal)),
  ]);
  return findings.sort((a, b) => (a.code < b.code ? -1 : 1));
};

/** Writes an object of two parts, and reads a range across their border. */
async function checkParts(store: ObjectStore, signal: AbortSignal): Promise<void> {
  const key = probeKey(randomUUID());
  const [start, end] = [LARGE - 2 * 1024 * 1024, LARGE - 512 * 1024];
  async function* chunks() {
    for (let i = 0; i < 17; i++) yield new Uint8Array(1024 * 1024).fill(i);
  }
  await store.putStream(key, chunks(), { signal });
  try {
    const bytes = await store.get(key, { range: { start, end }, signal });
    const at = (i: number) => Math.floor((start + i) / 1024 / 1024);
    if (bytes.length === end - start && bytes[0] === at(0) && bytes[bytes.length - 1] === at(bytes.length - 1)) return;
    throw new Error(`bytes ${start} to ${end} of an upload in parts came back as ${bytes.length} others`);
  } finally {
    await store.delete(key).catch(() => {});
  }
}

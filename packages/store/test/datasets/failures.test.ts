import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractReportKey, maskReportKey } from '@saltworks/contract/layout';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failuresFrom, readFailures } from '../../src/datasets/failures.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-failures-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const failure = (name: string, reason: string) => ({ sha256: sha256(name), name, reason, permanent: true });
const put = (key: string, ...failures: unknown[]) => store.put(key, JSON.stringify({ images: 9, failures }));

test('failures are listed with their step and settings', async () => {
  await put(extractReportKey('d', 'vits', 0), failure('a.png', '0 bytes'), failure('b.png', 'no object'));
  // Images with keys that cannot be shown, and so are no tasks.
  const long = [failure('long.png', 'too long')];
  await store.put(extractReportKey('d', 'vits', 1), JSON.stringify({ images: 1, failures: [], unshown: long }));
  await put(extractReportKey('d', 'vits-layer3', 0), failure('a.png', '0 bytes'));
  await put(maskReportKey('d', 'abc', 0), failure('c.png', 'no strokes'));
  await put(extractReportKey('d2', 'vits', 0), failure('x.png', 'of another dataset'));
  expect(await collect(readFailures(store, { name: 'd' }))).toEqual(
    [
      ['extracted/vits-layer3', 'a.png', '0 bytes'],
      ['extracted/vits', 'a.png', '0 bytes'],
      ['extracted/vits', 'b.png', 'no object'],
      ['extracted/vits', 'long.png', 'too long'],
      ['masks/abc', 'c.png', 'no strokes'],
    ].map(([step, name, reason]) => ({ step, sha256: sha256(name), name, reason })),
  );
});

test('a listing continues from any place where another stopped', async () => {
  const failures = (...reasons: string[]) => reasons.map((reason) => failure('a.png', reason));
  await put('datasets/pans/extracted/tiny/000000000.json', ...failures('1', '2'));
  await put('datasets/pans/extracted/tiny/000000001.json');
  await put('datasets/pans/masks/best/000000000.json', ...failures('3'));
  await put('datasets/pans/exported/voc-1/000000000.json', ...failures('0'));
  await put('datasets/pans-2/masks/best/000000000.json', ...failures('another'));
  const found = await collect(failuresFrom(store, 'pans'));
  const reasons = (list: typeof found) => list.flatMap(({ failure }) => failure?.reason ?? []);
  expect(reasons(found)).toEqual(['0', '1', '2', '3']);
  for (const [i, { key, index }] of found.entries()) {
    const rest = await collect(failuresFrom(store, 'pans', { after: { key, index } }));
    expect(reasons(rest)).toEqual(reasons(found.slice(i + 1)));
  }
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/objects/open.ts';

/** Addresses that need no bucket's settings ask for none. */
const unasked = () => {
  throw new Error('asked');
};

describe('folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'saltworks open ü-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['a path', (path: string) => path],
    ['a relative path', (path: string) => relative(process.cwd(), path)],
    ['a URL', (path: string) => pathToFileURL(path).href],
  ])('by %s', async (_, address) => {
    await openStore(address(join(folder, 'objects')), unasked).put('a/b.x', 'here');
    expect(readFileSync(join(folder, 'objects/a/b.x'), 'utf8')).toBe('here');
  });
});

describe('buckets', () => {
  test('take server and credentials as given', async () => {
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
    const s3 = () => ({ endpoint: 'http://localhost:9000', region: 'eu-west-1', credentials });
    expect(await openStore('s3://bucket/some/where/', s3).presign('a.x', 60)).toMatch(
      /^http:\/\/localhost:9000\/bucket\/some\/where\/a\.x\?.*eu-west-1/,
    );
  });

  test.each([
    's3://',
    's3:bucket',
    's3:///prefix',
    's3://ab',
    's3://bucket:9000/x',
    's3://user:secret@bucket/x',
    's3://bucket/x?endpoint=http://evil',
    's3://bucket?endpoint=http://evil',
    's3://bucket/x#y',
    's3://bucket/a//b',
    's3://bucket/../x',
    's3://buck%2Fet',
    's3://evil.com\\@bucket/x',
  ])('%s is refused', (address) => {
    expect(() => openStore(address, () => ({}))).toThrow(InvalidInputError);
    expect(() => openStore(address, () => ({}))).toThrow(/; expected /);
    expect(() => openStore(address, () => ({}))).not.toThrow(/user:secret/);
  });
});

test.each([
  '',
  'http://host/x',
  'https://bucket.s3.amazonaws.com',
  'gs://bucket',
  'file://host/path',
  'a\0b',
  'data:,x',
])('%j is no store', (address) => {
  expect(() => openStore(address, unasked)).toThrow(InvalidInputError);
  expect(() => openStore(address, unasked)).toThrow(/^store ".*"; expected /);
});

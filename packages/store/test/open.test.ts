import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../src/open.ts';

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
    await openStore(address(join(folder, 'objects')), {}).put('a/b.x', 'here');
    expect(readFileSync(join(folder, 'objects/a/b.x'), 'utf8')).toBe('here');
  });
});

describe('buckets', () => {
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
  const url = (address: string, more: Record<string, string> = {}) =>
    openStore(address, { ...env, ...more }).presign('a.x', 60);

  test('are Amazon’s without an endpoint', async () => {
    expect(await url('s3://bucket')).toMatch(/^https:\/\/bucket\.s3\.eu-west-1\.amazonaws\.com\/a\.x\?/);
    expect(await url('s3://bucket/some/where/')).toMatch(
      /^https:\/\/bucket\.s3\.eu-west-1\.amazonaws\.com\/some\/where\/a\.x\?/,
    );
  });

  test('are the operator’s with one', async () => {
    const SALTWORKS_S3_ENDPOINT = 'http://localhost:9000';
    expect(await url('s3://bucket/p', { SALTWORKS_S3_ENDPOINT })).toMatch(
      /^http:\/\/localhost:9000\/bucket\/p\/a\.x\?/,
    );
    expect(await url('s3://bucket/p', { AWS_ENDPOINT_URL_S3: 'http://localhost:9000/' })).toMatch(
      /^http:\/\/localhost:9000\/bucket\//,
    );
    const hosts = { SALTWORKS_S3_ENDPOINT, SALTWORKS_S3_FORCE_PATH_STYLE: 'false' };
    expect(await url('s3://bucket/p', hosts)).toMatch(/^http:\/\/bucket\.localhost:9000\/p\/a\.x\?/);
    expect(await url('s3://bucket/p', { SALTWORKS_S3_FORCE_PATH_STYLE: '1' })).toMatch(
      /^https:\/\/s3\.eu-west-1\.amazonaws\.com\/bucket\//,
    );
    expect(await url('s3://bucket/p', { SALTWORKS_S3_REGION: 'us-west-2' })).toContain('us-west-2');
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
    expect(() => openStore(address, env)).toThrow(InvalidInputError);
    expect(() => openStore(address, env)).toThrow(/; expected /);
    expect(() => openStore(address, env)).not.toThrow(/user:secret/);
  });

  test('a flag is one', () => {
    expect(() => openStore('s3://bucket', { SALTWORKS_S3_FORCE_PATH_STYLE: 'yes' })).toThrow(
      'SALTWORKS_S3_FORCE_PATH_STYLE=yes; expected one of 1, true, 0, false',
    );
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
  expect(() => openStore(address, {})).toThrow(InvalidInputError);
  expect(() => openStore(address, {})).toThrow(/^store ".*"; expected /);
});

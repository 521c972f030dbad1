import { openStore } from '@saltworks/store/objects/open';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../src/settings.ts';

describe('S3', () => {
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' };
  const url = (address: string, more: Record<string, string> = {}) =>
    openStore(address, readSettings({ ...env, ...more }).s3).presign('a.x', 60);

  test('is Amazon’s without an endpoint', async () => {
    expect(await url('s3://bucket')).toMatch(/^https:\/\/bucket\.s3\.eu-west-1\.amazonaws\.com\/a\.x\?/);
    expect(await url('s3://bucket/some/where/')).toMatch(
      /^https:\/\/bucket\.s3\.eu-west-1\.amazonaws\.com\/some\/where\/a\.x\?/,
    );
  });

  test('is the operator’s with an endpoint', async () => {
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

  test('keys in the environment give way to a profile', () => {
    expect(readSettings(env).s3().credentials).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
    expect(readSettings({ ...env, AWS_PROFILE: 'other' }).s3().credentials).toBeUndefined();
  });

  test('a malformed flag is refused when a bucket is opened, and only then', () => {
    const { s3 } = readSettings({ SALTWORKS_S3_FORCE_PATH_STYLE: 'yes' });
    expect(() => openStore('s3://bucket', s3)).toThrow(
      'SALTWORKS_S3_FORCE_PATH_STYLE=yes; expected one of 1, true, 0, false',
    );
    expect(() => openStore('some/folder', s3)).not.toThrow();
  });
});

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

describe('backbones', () => {
  test('a mirror, and licences that were accepted', () => {
    expect(readSettings({})).toMatchObject({ models: undefined, acceptedLicences: [] });
    const env = { SALTWORKS_MODELS: 's3://models', SALTWORKS_ACCEPT_LICENCES: 'dinov3-s16, mae-b16' };
    expect(readSettings(env)).toMatchObject({ models: 's3://models', acceptedLicences: ['dinov3-s16', 'mae-b16'] });
  });

  test('proxies go by either spelling, and have to be addresses', () => {
    const env = { HTTPS_PROXY: 'http://proxy:3128', http_proxy: 'http://other:3128', NO_PROXY: 'localhost,.inside' };
    const proxy = { https: 'http://proxy:3128', http: 'http://other:3128', no: 'localhost,.inside' };
    expect(readSettings(env).proxy).toEqual(proxy);
    expect(readSettings({ HTTPS_PROXY: '' }).proxy).toEqual({});
    expect(() => readSettings({ HTTPS_PROXY: 'user:secret@proxy' })).toThrow(
      'HTTPS_PROXY of 17 characters; expected http(s)://host:port',
    );
  });
});

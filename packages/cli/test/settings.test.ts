import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@saltworks/store/objects/open';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { secretNames } from '../src/secret-files.ts';
import { readSettings, serverUrl } from '../src/settings.ts';
import { serverOf } from '../src/stack/connect.ts';

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

test('places are checked at the start', () => {
  expect(readSettings({}).places).toEqual([]);
  expect(readSettings({ SALTWORKS_PLACES: 'photos=/srv/photos' }).places).toEqual([
    { name: 'photos', at: '/srv/photos' },
  ]);
  expect(() => readSettings({ SALTWORKS_PLACES: '/srv/photos' })).toThrow(
    'SALTWORKS_PLACES with /srv/photos; expected',
  );
});

test('limits of uploads', () => {
  expect(readSettings({}).uploadLimits).toEqual({ file: 2 ** 30, zip: 2 ** 36, bytes: 2 ** 36, files: 100_000 });
  const env = { SALTWORKS_UPLOAD_FILE_BYTES: '2GB', SALTWORKS_UPLOAD_BYTES: '1TiB', SALTWORKS_UPLOAD_FILES: '500000' };
  expect(readSettings(env).uploadLimits).toEqual({ file: 2e9, zip: 2 ** 36, bytes: 2 ** 40, files: 500_000 });
  expect(() => readSettings({ SALTWORKS_UPLOAD_ZIP_BYTES: 'much' })).toThrow(
    'SALTWORKS_UPLOAD_ZIP_BYTES=much; expected bytes, as 500GB or 2TiB',
  );
  expect(() => readSettings({ SALTWORKS_UPLOAD_FILES: '0' })).toThrow(
    'SALTWORKS_UPLOAD_FILES=0; expected a whole number from 1 to 10000000',
  );
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

describe('secrets', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saltworks-secrets-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (content: string): string => {
    const path = join(folder, randomUUID());
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };

  test.each(secretNames)('%s may stand in a file', (name) => {
    const secret = 'x'.repeat(40);
    const beside = {
      ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', SALTWORKS_OIDC_ISSUER: 'https://id.example.org' },
      ...{ SALTWORKS_OIDC_CLIENT_ID: 'c', SALTWORKS_OIDC_CLIENT_SECRET: 's' },
      ...{ SALTWORKS_SMTP_HOST: 'mail', SALTWORKS_SMTP_FROM: 'a@b.org', SALTWORKS_SMTP_USER: 'u' },
      ...{ SALTWORKS_SMTP_PASSWORD: 'p' },
      ...{ SALTWORKS_BACKUP_ACCESS_KEY_ID: 'id', SALTWORKS_BACKUP_SECRET_ACCESS_KEY: 'key' },
    };
    const without = readSettings({ ...beside, [name]: secret });
    const env = { ...beside, [name]: '', [`${name}_FILE`]: file(`${secret}\n`) };
    const read = readSettings(env);
    const opened = (settings: typeof read) => ({
      ...{ ...settings, env: 0, s3: settings.s3() },
      backupS3: settings.backupS3(),
    });
    expect(opened(read)).toEqual(opened(without));
    expect(read.env).toBe(env);
  });

  test('a file that is empty, absent, or given beside the secret is refused', () => {
    const refused = (env: Record<string, string>) => expect(() => readSettings(env));
    refused({ SALTWORKS_SECRET_FILE: file('\n') }).toThrow(/an empty file; expected the secret/);
    refused({ SALTWORKS_SECRET_FILE: join(folder, 'nowhere') }).toThrow(/ENOENT.*expected a file that can be read/);
    const both = { SALTWORKS_SECRET: 'y'.repeat(32), SALTWORKS_SECRET_FILE: file('y'.repeat(32)) };
    refused(both).toThrow('SALTWORKS_SECRET and SALTWORKS_SECRET_FILE; expected one of the two');
    refused({ SALTWORKS_SECRET_FILE: file('short') }).toThrow('SALTWORKS_SECRET of 5 characters');
  });

  test('a mail server is whole or absent, and gets no password in plain text', () => {
    const given = { HOST: 'mail.example.org', FROM: 'Saltworks <salt@example.org>' };
    const read = (more: Record<string, string> = {}) =>
      readSettings(
        Object.fromEntries(
          Object.entries({ ...given, ...more }).map(([name, value]) => [`SALTWORKS_SMTP_${name}`, value]),
        ),
      ).smtp;
    expect(readSettings({}).smtp).toBeUndefined();
    expect(readSettings({ SALTWORKS_SMTP_TLS: 'starttls', SALTWORKS_SMTP_PORT: '25' }).smtp).toBeUndefined();
    expect(read()).toEqual({ host: given.HOST, from: given.FROM, tls: 'starttls', port: 587 });
    expect(read({ TLS: 'implicit' })).toMatchObject({ port: 465 });
    expect(read({ TLS: 'none' })).toMatchObject({ port: 25 });
    const signed = { USER: 'salt', PASSWORD: 'secret' };
    expect(read({ ...signed, PORT: '2525', HOST: '::1', FROM: 'a@b.org' })).toMatchObject({
      ...{ host: '::1', port: 2525, from: 'a@b.org', user: 'salt', password: 'secret' },
    });
    expect(() => read({ FROM: '' })).toThrow('one of SALTWORKS_SMTP_HOST and SALTWORKS_SMTP_FROM; expected both');
    expect(() => read({ USER: 'salt' })).toThrow('one of SALTWORKS_SMTP_USER and SALTWORKS_SMTP_PASSWORD');
    expect(() => read({ ...signed, TLS: 'none' })).toThrow(
      'SALTWORKS_SMTP_TLS=none with a password; expected starttls',
    );
    expect(() => read({ TLS: 'yes' })).toThrow('SALTWORKS_SMTP_TLS=yes; expected one of starttls, implicit, none');
    expect(() => read({ HOST: 'smtp://mail.example.org' })).toThrow(/SALTWORKS_SMTP_HOST=.*; expected a host alone/);
    for (const FROM of [
      'salt',
      'a@b.org\r\nBcc: c@d.org',
      'Salt\n <a@b.org>',
      'a@b.org, c@d.org',
      'Salt <a@b.org> x',
    ]) {
      expect(() => read({ FROM })).toThrow(/^SALTWORKS_SMTP_FROM=.*; expected saltworks@example.org or/);
    }
  });

  test('domains that may open accounts are domains', () => {
    const oidc = { ISSUER: 'https://id.example.org', CLIENT_ID: 'c', CLIENT_SECRET: 's' };
    const env = Object.fromEntries(Object.entries(oidc).map(([name, value]) => [`SALTWORKS_OIDC_${name}`, value]));
    expect(readSettings(env).oidc?.domains).toEqual([]);
    const two = { ...env, SALTWORKS_OIDC_DOMAINS: 'Example.org, example.com' };
    expect(readSettings(two).oidc?.domains).toEqual(['example.org', 'example.com']);
    expect(() => readSettings({ ...env, SALTWORKS_OIDC_DOMAINS: '*' })).toThrow(/with \*; expected domains/);
  });
});

describe('a Temporal of one’s own', () => {
  test('is reached in plain text, or as told', () => {
    const access = (env: Record<string, string>) => readSettings(env).temporalAccess;
    const none = { ca: undefined, cert: undefined, key: undefined };
    expect(access({})).toEqual({ tls: undefined, apiKey: undefined });
    expect(access({ SALTWORKS_TEMPORAL_TLS: '1' }).tls).toEqual(none);
    // A key in plain text would be everybody's.
    expect(access({ SALTWORKS_TEMPORAL_API_KEY: 'k' })).toEqual({ tls: none, apiKey: 'k' });
    expect(() => access({ SALTWORKS_TEMPORAL_API_KEY: 'k', SALTWORKS_TEMPORAL_TLS: '0' })).toThrow(/which need TLS/);
    expect(() => access({ SALTWORKS_TEMPORAL_TLS_CERT: import.meta.filename })).toThrow(/expected both, or neither/);
    expect(() => access({ SALTWORKS_TEMPORAL_TLS_CA: '/nowhere/ca.pem' })).toThrow(/SALTWORKS_TEMPORAL_TLS_CA=/);
  });
});

test('commands reach the server elsewhere than people do, if so told', async () => {
  const given = { SALTWORKS_URL: 'https://salt.example.org', SALTWORKS_TEMPORAL_ADDRESS: 'temporal:7233' };
  expect(await serverOf(readSettings(given))).toBe('https://salt.example.org');
  const beside = readSettings({ ...given, SALTWORKS_SERVER: 'http://127.0.0.1:7300' });
  expect(await serverOf(beside)).toBe('http://127.0.0.1:7300');
  expect(serverUrl(beside)).toBe('https://salt.example.org');
  expect(() => readSettings({ SALTWORKS_SERVER: 'server:7300' })).toThrow(
    'SALTWORKS_SERVER=server:7300; expected http',
  );
});

describe('what processes tell', () => {
  test('is text from info on, to callers of the machine alone, unless settings say otherwise', () => {
    const usual = { log: { format: 'text', level: 'info' }, workerHost: '127.0.0.1' };
    expect(readSettings({})).toMatchObject({ ...usual, metricsToken: undefined, workerPort: undefined });
    const token = 'x'.repeat(32);
    const env = { SALTWORKS_LOG: 'json', SALTWORKS_LOG_LEVEL: 'debug', SALTWORKS_METRICS_TOKEN: token };
    expect(readSettings({ ...env, SALTWORKS_WORKER_HOST: '0.0.0.0', SALTWORKS_WORKER_PORT: '9100' })).toMatchObject({
      ...{ log: { format: 'json', level: 'debug' }, metricsToken: token },
      ...{ workerHost: '0.0.0.0', workerPort: 9100 },
    });
  });

  test.each([
    [{ SALTWORKS_LOG: 'xml' }, 'SALTWORKS_LOG=xml; expected one of text, json'],
    [{ SALTWORKS_LOG_LEVEL: 'loud' }, 'SALTWORKS_LOG_LEVEL=loud; expected one of debug, info, warn, error'],
    [{ SALTWORKS_METRICS_TOKEN: 'short' }, 'SALTWORKS_METRICS_TOKEN of 5 characters; expected 32 or more, at random'],
    [{ SALTWORKS_WORKER_PORT: '70000' }, 'SALTWORKS_WORKER_PORT=70000; expected a whole number from 1 to 65535'],
  ])('is refused as %s', (env, message) => expect(() => readSettings(env)).toThrow(message));
});

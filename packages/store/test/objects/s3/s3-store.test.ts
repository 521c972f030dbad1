/** S3 only: credentials, faults on the way, uploads in parts, signed URLs. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3 } from '@aws-sdk/client-s3';
import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { s3Store as builtStore } from '@saltworks/store/objects/s3/s3-store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openStoreToWrite } from '../../../src/objects/open.ts';
import { s3Store } from '../../../src/objects/s3/s3-store.ts';
import type { S3Options } from '../../../src/objects/s3/settings.ts';
import type { ObjectStore } from '../../../src/objects/store.ts';
import { collect, expectSame, inChunks, joined, random, randomBytes, text } from '../../bytes.ts';
import { type Fault, type FaultProxy, ignoreConditions, startFaultProxy } from '../faults.ts';
import { findS3, type S3Server, startS3 } from '../server.ts';

const MiB = 1024 * 1024;
const available = findS3();

describe.skipIf(!available)('S3', () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let direct: ObjectStore;
  let faulty: ObjectStore;
  let admin: S3;
  let prefix: string;

  beforeAll(async () => {
    server = await startS3();
    proxy = await startFaultProxy(server.endpoint);
    const { endpoint } = server;
    admin = new S3({ endpoint, region: 'us-east-1', credentials: server, forcePathStyle: true });
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    prefix = randomUUID();
    proxy.fault = () => undefined;
    proxy.seen = [];
    direct = open({});
    // On a busy machine a healthy server may stay silent for a while: a shorter timeout would take that for a fault.
    faulty = open({ endpoint: proxy.endpoint, idleTimeout: 2_000 });
  });

  function open(options: Partial<S3Options>) {
    return s3Store({ ...server, credentials: server, prefix, ...options });
  }

  const uploadsLeft = async () => {
    const { Uploads } = await admin.listMultipartUploads({ Bucket: server.bucket, Prefix: prefix });
    return (Uploads ?? []).map(({ Key }) => Key);
  };
  const keysOf = async (store: ObjectStore) => (await collect(store.list(''))).map(({ key }) => key);

  /** The same fault for the first `times` requests of every kind. */
  function failFirst(times: number, fault: Fault) {
    const counts = new Map<string, number>();
    proxy.fault = ({ method, url, headers }) => {
      const name = `${method} ${url} ${headers.range}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count <= times ? fault : undefined;
    };
  }

  test('the compiled store does the same as its source', async () => {
    const built = builtStore({ ...server, credentials: server, prefix });
    await built.put('a.x', 'a');
    expect(text(await built.get('a.x'))).toBe('a');
    expect(await keysOf(built)).toEqual(['a.x']);
    // Looks for the bucket, too.
    await expect(built.get('b.x')).rejects.toThrow('no object b.x');
    await built.delete('a.x');
    expect(await built.head('a.x')).toBeUndefined();
  });

  describe('conditional creates', () => {
    const writable = (endpoint: string, credentials = server as { accessKeyId: string; secretAccessKey: string }) =>
      openStoreToWrite(`s3://${server.bucket}/${prefix}`, () => ({ endpoint, credentials }));

    test('are probed once by each of many callers, and no probe remains', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, () => writable(proxy.endpoint)));
      expect(proxy.seen.map((request) => request.split(' ')[0]).sort()).toEqual([
        ...Array(8).fill('DELETE'),
        ...Array(16).fill('PUT'),
      ]);
      expect(await keysOf(stores[0])).toEqual([]);
    });

    test('that replace an object make the store refused in one line, and no probe remains', async () => {
      ignoreConditions(proxy, (Key, Body) => admin.putObject({ Bucket: server.bucket, Key, Body }));
      await expect(writable(proxy.endpoint)).rejects.toThrow(
        new InvalidInputError(
          `s3://${server.bucket}/${prefix} at ${proxy.endpoint} ignores If-None-Match: a create replaced an object that was there; expected a server that refuses it with 412`,
        ),
      );
      expect(await keysOf(direct)).toEqual([]);
    });

    test.each([
      [403, 'AccessDenied', 'refused creating probes/', 'expected credentials that may do this'],
      [501, 'NotImplemented', 'cannot do creating probes/', 'expected a server that can'],
    ])('answered with %i %s refuse the store', async (status, code, what, expected) => {
      proxy.fault = ({ method }) => (method === 'PUT' ? { kind: 'status', status, code } : undefined);
      const refused = writable(proxy.endpoint);
      await expect(refused).rejects.toThrow(InvalidInputError);
      await expect(refused).rejects.toThrow(what);
      await expect(refused).rejects.toThrow(expected);
    });
  });

  describe('faults before the answer', () => {
    const faults: [string, number, Fault][] = [
      ['500 InternalError', 2, { kind: 'status', status: 500, code: 'InternalError' }],
      ['502', 1, { kind: 'status', status: 502, code: 'BadGateway' }],
      ['503 SlowDown', 1, { kind: 'status', status: 503, code: 'SlowDown' }],
      ['503 ServiceUnavailable', 1, { kind: 'status', status: 503, code: 'ServiceUnavailable' }],
      ['a cut connection', 2, { kind: 'cut' }],
      ['a lost answer', 1, { kind: 'cut-answer' }],
      ['silence', 1, { kind: 'stall' }],
    ];

    test.each(faults)('%s, %i times: every call survives', async (_, times, fault) => {
      const bytes = randomBytes(100_000, 1);
      const big = Buffer.alloc(20 * MiB, randomBytes(65_521, 2));
      for (const key of ['get.x', 'stream.x', 'head.x', 'delete.x', 'taken.x', 'list/a.x'])
        await direct.put(key, bytes);
      failFirst(times, fault);
      await Promise.all([
        faulty.get('get.x').then((read) => expectSame(read, bytes)),
        joined(faulty.stream('stream.x')).then((read) => expectSame(read, bytes)),
        faulty.head('head.x').then((info) => expect(info?.size).toBe(bytes.length)),
        collect(faulty.list('list/')).then((infos) => expect(infos).toHaveLength(1)),
        faulty.put('put.x', bytes),
        faulty.putStream('big.x', inChunks(big, 5 * MiB)),
        faulty.putIfAbsent('new.x', bytes).then((created) => expect(created).toBe(true)),
        faulty.putIfAbsent('taken.x', 'other').then((created) => expect(created).toBe(false)),
        faulty.delete('delete.x'),
      ]);
      expect(proxy.seen.length).toBeGreaterThan(9 * (times + 1));
      for (const key of ['put.x', 'new.x', 'taken.x']) expectSame(await direct.get(key), bytes);
      expectSame(await direct.get('big.x'), big);
      expect(await direct.head('delete.x')).toBeUndefined();
    });

    test.each([
      ['403 QuotaExceeded', 403, 'QuotaExceeded'],
      ['400 XMinioAdminBucketQuotaExceeded', 400, 'XMinioAdminBucketQuotaExceeded'],
      ['507 XMinioStorageFull', 507, 'XMinioStorageFull'],
      ['507 InsufficientStorage', 507, 'InsufficientStorage'],
    ])('%s means that there is no room, and is not retried', async (_, status, code) => {
      proxy.fault = () => ({ kind: 'status', status, code });
      const writes = [
        faulty.put('a.x', ''),
        faulty.putIfAbsent('b.x', ''),
        faulty.putStream('c.x', inChunks(new Uint8Array(20 * MiB), MiB)),
      ];
      for (const result of await Promise.allSettled(writes)) {
        const error = (result as PromiseRejectedResult).reason;
        expect(error).toBeInstanceOf(UnwritableError);
        expect(error.message).toMatch(
          new RegExp(
            `^no room in s3://${server.bucket} at ${proxy.endpoint} for .+: ${code} \\(${status}\\); expected more$`,
          ),
        );
      }
      expect(proxy.seen).toHaveLength(3);
    });

    test.each(faults)('%s for ever is reported', async (_, __, fault) => {
      const idleTimeout = fault.kind === 'stall' ? 200 : undefined;
      const tired = open({ endpoint: proxy.endpoint, attempts: 3, idleTimeout });
      proxy.fault = () => fault;
      const said = fault.kind === 'status' ? `${fault.code} \\(${fault.status}\\)` : '\\w*Error: .+';
      const where = `s3://${server.bucket} at ${proxy.endpoint}`;
      const calls = [tired.get('a.x'), tired.put('a.x', ''), collect(tired.list(''))];
      for (const result of await Promise.allSettled(calls)) {
        const error = (result as PromiseRejectedResult).reason;
        expect(error).not.toBeInstanceOf(InvalidInputError);
        expect(error.message).toMatch(
          new RegExp(`^(reading|writing|listing) \\S+ failed 3 times on ${where}: ${said}$`),
        );
      }
      expect(proxy.seen).toHaveLength(9);
    });
  });

  test('a write that conflicts with another is retried', async () => {
    failFirst(2, { kind: 'status', status: 409, code: 'ConditionalRequestConflict' });
    expect(await faulty.putIfAbsent('a.x', 'mine')).toBe(true);
    failFirst(2, { kind: 'status', status: 409, code: 'ConditionalRequestConflict' });
    expect(await faulty.putIfAbsent('a.x', 'other')).toBe(false);
    // No write may have succeeded with its answer lost, so no lookup follows.
    expect(proxy.seen.map((line) => line.split(' ')[0])).toEqual(Array(6).fill('PUT'));
  });

  describe('faults in the middle of a body', () => {
    const size = 1_000_000;
    const bytes = randomBytes(size, 3);
    const kinds = ['cut-body', 'stall-body'] as const;

    test.each(kinds)('%s: get reads the whole object again', async (kind) => {
      await direct.put('a.x', bytes);
      failFirst(1, { kind, after: 400_000 });
      expectSame(await faulty.get('a.x'), bytes);
      expectSame(await faulty.get('a.x', { range: { start: 10, end: 900_000 } }), bytes.subarray(10, 900_000));
      expect(proxy.seen).toHaveLength(4);
    });

    test.each(kinds)('%s: a stream resumes where it stopped', async (kind) => {
      await direct.put('a.x', bytes);
      let requests = 0;
      proxy.fault = () => (++requests <= 3 ? { kind, after: 100_000 } : undefined);
      expectSame(await joined(faulty.stream('a.x')), bytes);
      expect(proxy.seen).toHaveLength(4);
      // The stream may have received less than was sent, but it never starts again from 0.
      const starts = proxy.seen.slice(1).map((line) => Number(/bytes=(\d+)-999999$/.exec(line)?.[1]));
      for (const [i, start] of starts.entries()) expect(start).toBeGreaterThan(starts[i - 1] ?? 0);

      requests = 0;
      const range = { start: 5, end: size - 5 };
      expectSame(await joined(faulty.stream('a.x', { range })), bytes.subarray(5, -5));
    });

    test.each(kinds)('%s: a listing is complete', async (kind) => {
      for (let i = 0; i < 30; i++) await direct.put(`${i}.x`, '');
      failFirst(2, { kind, after: 1500 });
      expect(await keysOf(faulty)).toEqual(await keysOf(direct));
      expect(proxy.seen).toHaveLength(3);
    });

    test('a stream never mixes two versions of an object', async () => {
      await direct.put('a.x', bytes);
      let requests = 0;
      proxy.fault = () => (++requests === 1 ? { kind: 'stall-body', after: 100_000 } : undefined);
      const chunks = faulty.stream('a.x')[Symbol.asyncIterator]();
      await chunks.next();
      await direct.put('a.x', randomBytes(size, 4));
      const rest = collect({ [Symbol.asyncIterator]: () => chunks });
      await expect(rest).rejects.toThrow(/^reading a\.x failed on .*: it was replaced meanwhile$/);
    });

    test('a stream that makes no progress is reported', async () => {
      await direct.put('a.x', bytes);
      let requests = 0;
      proxy.fault = () => (++requests === 1 ? { kind: 'cut-body', after: 5000 } : { kind: 'cut' });
      const tired = open({ endpoint: proxy.endpoint, attempts: 3 });
      await expect(collect(tired.stream('a.x'))).rejects.toThrow(/^reading a\.x failed 3 times on /);
    });
  });

  test('requests that cannot succeed are not retried', async () => {
    await direct.put('there.x', '');
    await faulty.head('nothing.x');
    proxy.seen = [];
    await expect(faulty.get('nothing.x')).rejects.toThrow('no object nothing.x');
    expect(await faulty.putIfAbsent('there.x', '')).toBe(false);
    expect(proxy.seen).toHaveLength(2);
    for (const [status, code] of [[403, 'AccessDenied'] as const, [400, 'InvalidArgument'] as const]) {
      proxy.seen = [];
      proxy.fault = () => ({ kind: 'status', status, code });
      await expect(faulty.get('there.x')).rejects.toThrow(`${code} (${status})`);
      expect(proxy.seen).toHaveLength(1);
    }
  });

  test('one of many creates through faults wins, and its caller knows', async () => {
    const next = random(17);
    const faults: Fault[] = [
      { kind: 'cut' },
      { kind: 'cut-answer' },
      { kind: 'cut-answer' },
      { kind: 'status', status: 500, code: 'InternalError' },
    ];
    proxy.fault = () => (next() < 0.3 ? faults[Math.floor(next() * faults.length)] : undefined);
    const stubborn = open({ endpoint: proxy.endpoint, attempts: 12 });
    const rounds = Array.from({ length: 6 }, async (_, round) => {
      const racers = Array.from({ length: 16 }, (_, i) => stubborn.putIfAbsent(`${round}.x`, `racer ${i}`));
      const won = await Promise.all(racers);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(text(await direct.get(`${round}.x`))).toBe(`racer ${won.indexOf(true)}`);
    });
    await Promise.all(rounds);
  });

  describe('uploads in parts', () => {
    test('that fail leave no parts behind', async () => {
      const tired = open({ endpoint: proxy.endpoint, attempts: 2 });
      const bytes = new Uint8Array(40 * MiB);
      for (const when of [/partNumber=1/, /partNumber=2/, /partNumber=3/, /POST .*uploadId=/]) {
        proxy.fault = ({ method, url }) =>
          when.test(`${method} ${url}`) ? { kind: 'status', status: 500, code: 'InternalError' } : undefined;
        await expect(tired.putStream('a.bin', inChunks(bytes, 5 * MiB))).rejects.toThrow('InternalError (500)');
        expect(await uploadsLeft()).toEqual([]);
      }
      expect(await keysOf(direct)).toEqual([]);
    });

    test('leave no parts behind when their source fails or they are aborted', async () => {
      async function* failing() {
        for (let i = 0; i < 35; i++) yield new Uint8Array(MiB);
        throw new Error('the source broke');
      }
      await expect(direct.putStream('a.bin', failing())).rejects.toThrow('the source broke');
      const control = new AbortController();
      const reason = new Error('no longer wanted');
      async function* aborting() {
        for (let i = 0; i < 60; i++) {
          if (i === 38) control.abort(reason);
          yield new Uint8Array(MiB);
        }
      }
      await expect(direct.putStream('a.bin', aborting(), { signal: control.signal })).rejects.toBe(reason);
      expect(await uploadsLeft()).toEqual([]);
      expect(await keysOf(direct)).toEqual([]);
    });
  });

  test('a signal ends every wait at once', async () => {
    const patient = open({ endpoint: proxy.endpoint, idleTimeout: 60_000 });
    const reason = new Error('no longer wanted');
    const faults: Fault[] = [
      { kind: 'stall' },
      // Between two tries.
      { kind: 'status', status: 503, code: 'SlowDown' },
      { kind: 'stall-body', after: 10 },
    ];
    await direct.put('a.x', 'some bytes more than ten');
    for (const fault of faults) {
      proxy.fault = () => fault;
      const control = new AbortController();
      const options = { signal: control.signal };
      const calls = [
        patient.get('a.x', options),
        collect(patient.stream('a.x', options)),
        collect(patient.list('', options)),
      ];
      if (fault.kind !== 'stall-body') {
        calls.push(patient.put('b.x', '', options) as Promise<never>);
        calls.push(patient.putIfAbsent('b.x', '', options) as Promise<never>);
        calls.push(patient.head('a.x', options) as Promise<never>);
        calls.push(patient.delete('c.x', options) as Promise<never>);
        calls.push(patient.putStream('d.x', inChunks(new Uint8Array(20 * MiB), MiB), options) as Promise<never>);
      }
      const settled = Promise.allSettled(calls);
      await sleep(150);
      const aborted = Date.now();
      control.abort(reason);
      // The store first gives up the upload at the server, which does not answer here.
      proxy.fault = () => undefined;
      for (const result of await settled) expect(result).toEqual({ status: 'rejected', reason });
      // Far less than the minute that the store would wait.
      expect(Date.now() - aborted).toBeLessThan(30_000);
    }
  });

  describe('refusals', () => {
    const calls: [string, (store: ObjectStore) => Promise<unknown>][] = [
      ['get', (store) => store.get('a.x')],
      ['stream', (store) => collect(store.stream('a.x'))],
      ['put', (store) => store.put('a.x', '')],
      ['putIfAbsent', (store) => store.putIfAbsent('a.x', '')],
      ['putStream', (store) => store.putStream('a.x', inChunks(new Uint8Array(20 * MiB), MiB))],
      ['head', (store) => store.head('a.x')],
      ['list', (store) => collect(store.list(''))],
      ['delete', (store) => store.delete('a.x')],
    ];

    async function expectRefusal(call: Promise<unknown>, message: RegExp) {
      const error = await call.then(
        () => undefined,
        (error) => error,
      );
      expect(error, error?.message).toBeInstanceOf(InvalidInputError);
      expect(error.message).toMatch(message);
      expect(error.message).toContain(server.bucket.slice(0, 4));
      expect(error.message).toContain(server.endpoint);
      expect(error.message).not.toContain('\n');
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/wrong-secret|tests-secret/);
      expect(error.message).not.toContain(server.secretAccessKey);
    }

    test.each(calls)('%s with a wrong secret', async (_, call) => {
      const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: 'wrong-secret' };
      await expectRefusal(call(open({ credentials })), /refused .*\(403\); expected credentials that may do this$/);
    });

    test.each(calls)('%s with an unknown key', async (name, call) => {
      const credentials = { accessKeyId: 'nobody', secretAccessKey: 'wrong-secret' };
      // versitygw answers 404 to unknown keys, and HEAD has no body.
      const wordless =
        server.kind === 'versitygw' && name === 'head' ? /^no bucket / : /refused .*; expected credentials/;
      await expectRefusal(call(open({ credentials })), wordless);
    });

    // seaweedfs makes a bucket with the first write into it.
    const seaweed = available?.kind === 'seaweedfs';
    const unmade = calls.filter(([name]) => !seaweed || !name.startsWith('put'));
    test.each(unmade)('%s in a missing bucket', async (_, call) => {
      const store = open({ bucket: `salt-${randomUUID()}` });
      await expectRefusal(call(store), /^no bucket s3:\/\/salt-\S+ at \S+; expected one that is there already$/);
    });

    test.each([
      ['a bucket of a path', { bucket: 'a/b' }, 'bucket "a/b"; expected'],
      ['a short bucket', { bucket: 'ab' }, 'bucket "ab"; expected'],
      ['an endpoint without scheme', { endpoint: 'host:9000' }, 'unusable S3 endpoint; expected http(s)://'],
      ['an endpoint with a secret', { endpoint: 'https://a:tests-secret@host' }, 'unusable S3 endpoint; expected'],
      ['a prefix that is no key', { prefix: '../up' }, 'object key "../up"; expected'],
      ['no attempts', { attempts: 0 }, 'attempts 0; expected a whole number from 1'],
      ['no time', { idleTimeout: 0.5 }, 'idleTimeout 0.5; expected a whole number from 1'],
    ])('%s', (_, options, message) => {
      expect(() => open(options)).toThrow(InvalidInputError);
      expect(() => open(options)).toThrow(message);
    });

    test('a key that is too long with the prefix', async () => {
      const long = `${'long/'.repeat(200)}12345678.x`;
      await expect(direct.put(long, '')).rejects.toThrow(/makes 1047 bytes with prefix .*; expected at most 1024$/);
    });
  });

  test('a store without a prefix lists the whole bucket, except names that are no keys', async () => {
    const whole = open({ prefix: undefined });
    await direct.put('a.x', '');
    await whole.put(`${prefix}/b.x`, '');
    await admin.putObject({ Bucket: server.bucket, Key: `${prefix}/folder/`, Body: '', ContentLength: 0 });
    expect((await collect(whole.list(`${prefix}/`))).map(({ key }) => key)).toEqual([`${prefix}/a.x`, `${prefix}/b.x`]);
    expect(await keysOf(direct)).toEqual(['a.x', 'b.x']);
  });

  describe('signed URLs', () => {
    test.each(['a.x', 'deep/er/b.x', 'with space + % #?&=.x', 'ünï/😀.x'])('read %s', async (key) => {
      await direct.put(key, key);
      const answer = await fetch(await direct.presign(key, 60));
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe(key);
    });

    test('read nothing once changed or expired', async () => {
      await direct.put('a.x', 'mine');
      await direct.put('b.x', 'other');
      const [url, short] = [await direct.presign('a.x', 60), await direct.presign('a.x', 1)];
      expect((await fetch(url)).status).toBe(200);
      expect(url).not.toContain(server.secretAccessKey);
      const statuses = async (urls: string[]) => Promise.all(urls.map(async (url) => (await fetch(url)).status));
      const changed = [
        url.replace('/a.x?', '/b.x?'),
        url.replace('X-Amz-Expires=60', 'X-Amz-Expires=1000'),
        url.replace(/(X-Amz-Signature=)./, (_, name) => `${name}${/Signature=0/.test(url) ? 1 : 0}`),
        url.split('?')[0],
      ];
      expect(await statuses(changed)).toEqual([403, 403, 403, 403]);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
      await sleep(2100);
      expect(await statuses([url, short])).toEqual([200, 403]);
      expect(text(await direct.get('a.x'))).toBe('mine');
    });
  });
});

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canMount, mountSmallDisk } from '../../../store/test/objects/small-disk.ts';
import { download, type Progressing, type PullProgress, type Wanted } from '../../src/registry/download.ts';
import { fileOrigin, httpOrigin, type Origin, type Proxies, redirected } from '../../src/registry/origins.ts';
import { tinyVit } from '../tiny-vit.ts';
import { type Answer, file, type Served, serve, serveProxy } from './file-server.ts';

/** A model with a megabyte of metadata after it, so that it comes in several pieces. */
const model = withNote(1_000_000);
const sha256 = createHash('sha256').update(model).digest('hex');

let folder: string;
let target: string;
let partials: string;
let closing: Served[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-download-'));
  target = join(folder, 'some.onnx');
  partials = join(folder, '.partial');
  closing = [];
});
afterEach(async () => {
  for (const served of closing) await served.close();
  rmSync(folder, { recursive: true });
});

/** A model whose doc_string has so many bytes. */
function withNote(bytes: number): Uint8Array {
  const length = [(bytes & 127) | 128, ((bytes >> 7) & 127) | 128, bytes >> 14];
  return Buffer.concat([tinyVit(), Buffer.from([0x32, ...length]), Buffer.alloc(bytes, 'x')]);
}

async function open(answer: Answer): Promise<Served> {
  const served = await serve(answer);
  closing.push(served);
  return served;
}

const fetched = (origin: Origin, wanted: Partial<Wanted> = {}, options: Progressing = {}) =>
  download(origin, target, { name: 'some', ...wanted }, { partials, ...options });

async function refused(origin: Origin, wanted: Partial<Wanted> = {}, options: Progressing = {}): Promise<Error> {
  const error: Error = await fetched(origin, wanted, options).then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  expect(error.message).not.toContain('\n');
  expect(existsSync(target)).toBe(false);
  return error;
}

describe('a whole file', () => {
  test('is there under its name, with its hash, and leaves nothing beside it', async () => {
    const { url } = await open(file(model));
    const progress: PullProgress[] = [];
    const done = await fetched(httpOrigin(url), { sha256 }, { onProgress: (each) => progress.push(each) });
    expect(done).toEqual({ sha256, bytes: model.length });
    expect(createHash('sha256').update(readFileSync(target)).digest('hex')).toBe(sha256);
    expect(readdirSync(folder)).toEqual(['some.onnx']);
    expect(progress.at(-1)).toEqual({ stage: 'verify', bytes: model.length, total: model.length });
    expect(progress[0]).toMatchObject({ stage: 'download', total: model.length });
  });

  test('of a folder is copied', async () => {
    writeFileSync(join(folder, 'there'), model);
    expect(await fetched(fileOrigin(join(folder, 'there')), { sha256 })).toMatchObject({ sha256 });
    await expect(fetched(fileOrigin(join(folder, 'nowhere')))).rejects.toThrow(/^no file .*nowhere$/);
  });

  test('fetched many times at once is whole each time', async () => {
    const { url } = await open(file(model));
    const all = await Promise.all(Array.from({ length: 4 }, () => fetched(httpOrigin(url), { sha256 })));
    expect(all).toHaveLength(4);
    expect(readFileSync(target).length).toBe(model.length);
    expect(readdirSync(folder)).toEqual(['some.onnx']);
  });
});

describe('a transfer that breaks off', () => {
  const half = model.length >> 1;
  const atHalf = (act: () => void): Progressing => ({ onProgress: ({ bytes }) => bytes === half && act() });

  test('goes on where it was, in the same call', async () => {
    const cuts = [half];
    const { url, requests, breakOff } = await open(file(model, { cut: () => cuts.pop() }));
    expect(await fetched(httpOrigin(url), {}, atHalf(breakOff))).toEqual({ sha256, bytes: model.length });
    expect(requests).toEqual(['GET /', `GET / bytes=${half}-`]);
  });

  test('fails in one line after a few tries, and the next download goes on', async () => {
    let broken = true;
    const cut = () => (broken ? 0 : undefined);
    const first = [half];
    const { url, requests, breakOff } = await open(file(model, { cut: () => first.pop() ?? cut() }));
    const { message } = await refused(httpOrigin(url), {}, atHalf(breakOff));
    expect(message).toMatch(new RegExp(`^${url}/: .* after ${half} bytes$`));
    expect(readdirSync(folder)).toEqual(['.partial']);
    broken = false;
    requests.length = 0;
    expect(await fetched(httpOrigin(url))).toMatchObject({ sha256 });
    expect(requests).toEqual([`GET / bytes=${half}-`]);
    expect(readdirSync(folder)).toEqual(['some.onnx']);
  });

  test('of a process that was killed is taken up; of a living one it is left alone', async () => {
    const { url, requests } = await open(file(model));
    const key = createHash('sha256')
      .update(JSON.stringify([`${url}/`, 'some']))
      .digest('hex')
      .slice(0, 16);
    // Linux gives no process id above 2²².
    for (const [pid, asked] of [
      [process.ppid, 'GET /'],
      [2 ** 22 + 1, `GET / bytes=${half}-`],
    ]) {
      const left = join(partials, `${key}@${encodeURIComponent(hostname())}@${pid}@0`);
      mkdirSync(left, { recursive: true });
      const state = { version: 1, source: `${url}/`, mark: `"${sha256.slice(0, 8)}"` };
      writeFileSync(join(left, 'bytes'), model.subarray(0, half));
      writeFileSync(join(left, 'download.json'), JSON.stringify(state));
      requests.length = 0;
      expect(await fetched(httpOrigin(url))).toMatchObject({ sha256 });
      expect(requests).toEqual([asked]);
    }
  });

  test('begins anew if the file changed, and never mixes two', async () => {
    const other = withNote(900_000);
    let now = file(model, { cut: () => half });
    const { url } = await open((asked, answer) => now(asked, answer));
    const controller = new AbortController();
    await expect(
      fetched(httpOrigin(url), {}, { signal: controller.signal, onProgress: () => controller.abort() }),
    ).rejects.toThrow();
    now = file(other);
    expect(await fetched(httpOrigin(url))).toMatchObject({ bytes: other.length });
    expect(readFileSync(target).equals(other)).toBe(true);
  });

  test('begins anew where the server marks no version', async () => {
    let broken = true;
    const { url, requests } = await open((_, answer) => {
      answer.writeHead(200, { 'content-length': model.length });
      if (broken) answer.write(model.subarray(0, half), () => setTimeout(() => answer.destroy(), 20));
      else answer.end(model);
      broken = false;
    });
    expect(await fetched(httpOrigin(url))).toMatchObject({ sha256 });
    expect(requests).toEqual(['GET /', 'GET /']);
  });

  test('that had all its bytes is not asked for more', async () => {
    let broken = true;
    const good = file(model);
    const { url } = await open((asked, answer) => {
      if (!broken) return good(asked, answer);
      broken = false;
      // A chunked answer that ends without its end.
      answer.writeHead(200, { etag: `"${sha256.slice(0, 8)}"` });
      answer.write(model, () => setTimeout(() => answer.destroy(), 50));
    });
    expect(await fetched(httpOrigin(url))).toEqual({ sha256, bytes: model.length });
  });

  test('stops when aborted, and keeps its bytes for the next one', async () => {
    const cuts = [half];
    const { url, requests } = await open(file(model, { cut: () => cuts.pop() }));
    const controller = new AbortController();
    const enough = atHalf(() => controller.abort(new Error('enough')));
    await expect(fetched(httpOrigin(url), {}, { ...enough, signal: controller.signal })).rejects.toThrow('enough');
    await fetched(httpOrigin(url));
    expect(requests.at(-1)).toBe(`GET / bytes=${half}-`);
  });
});

test('a model with fields of a later version is taken', async () => {
  const later = Buffer.concat([model, Buffer.from([0xfa, 0x01, 2, 0x68, 0x69]), Buffer.from([0xf5, 0x01, 1, 2, 3, 4])]);
  const { url } = await open(file(later));
  expect(await fetched(httpOrigin(url))).toMatchObject({ bytes: later.length });
});

describe('what is no such file', () => {
  const answers: [string, Answer, RegExp][] = [
    ['nothing', (_, answer) => answer.writeHead(404).end('gone'), /\/ is not there \(404\)$/],
    ['an error', (_, answer) => answer.writeHead(503).end('later'), /\/ answered 503; expected the file$/],
    [
      'a page',
      (_, answer) => answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>'),
      /\/ gave a page of HTML; expected a file$/,
    ],
    ['a page by another type', (_, answer) => answer.end('<!doctype html>'), /^some is no ONNX model \(it begins with/],
    ['a pointer', (_, answer) => answer.end('version https://git-lfs'), /^some is no ONNX model \(it begins with "ver/],
    ['an empty file', (_, answer) => answer.end(), /^some holds 0 graphs; expected an ONNX model$/],
    ['a cut model', (_, answer) => answer.end(model.subarray(0, -9)), /^some is cut off at \d+ bytes; expected \d+/],
    [
      'a packed one',
      (_, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
      /\/ gave the file as gzip; expected its bytes$/,
    ],
    [
      'a part that nobody asked for',
      (_, answer) => answer.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('x'),
      /\/ gave bytes 5-9\/10; expected bytes from 0$/,
    ],
  ];
  test.each(answers)('%s is refused in one line', async (_, answer, message) => {
    const { url } = await open(answer);
    expect((await refused(httpOrigin(url))).message).toMatch(message);
  });

  test('a file of another hash or size is refused with both, and its bytes are dropped', async () => {
    const { url } = await open(file(model));
    const wrong = await refused(httpOrigin(url), { sha256: '0'.repeat(64) });
    expect(wrong).toBeInstanceOf(InvalidInputError);
    expect(wrong.message).toBe(`some has sha256 ${sha256}; expected ${'0'.repeat(64)} (${url}/)`);
    expect((await refused(httpOrigin(url), { bytes: 5 })).message).toBe(`some has ${model.length} bytes; expected 5`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an endless file is cut short', async () => {
    const { url } = await open((_, answer) => {
      const more = () => answer.write(Buffer.alloc(65536), () => answer.writable && setImmediate(more));
      more();
    });
    expect((await refused(httpOrigin(url), { bytes: 100_000 })).message).toMatch(
      /^some has \d+ bytes; expected 100000$/,
    );
  });

  test('an address that is none, or has a password, is refused', () => {
    for (const address of ['ftp://there/a', 'nowhere', 'file:///etc/passwd']) {
      expect(() => httpOrigin(address)).toThrow(`address ${address}; expected https://… or http://…`);
    }
    expect(() => httpOrigin('https://me:secret@there/a')).toThrow(/^an address of there with user and password/);
  });
});

describe('redirects', () => {
  test('are followed a few times', async () => {
    const good = file(model);
    const { url, requests } = await open((asked, answer) => {
      if (asked.url === '/there') return good(asked, answer);
      answer.writeHead(302, { location: '/there' }).end();
    });
    expect(await fetched(httpOrigin(`${url}/here`))).toMatchObject({ sha256 });
    expect(requests).toEqual(['GET /here', 'GET /there']);
  });

  test('in a circle, to nowhere, or to another protocol are refused', async () => {
    const to = async (location: string) => {
      const { url } = await open((_, answer) => answer.writeHead(302, { location }).end());
      return (await refused(httpOrigin(url))).message;
    };
    expect(await to('/again')).toMatch(/redirects more than 5 times/);
    expect(await to('http://')).toMatch(/redirects to nowhere/);
    expect(await to('file:///etc/passwd')).toBe('address file:///etc/passwd; expected https://… or http://…');
  });
});

test('a redirect never leaves https', () => {
  const from = new URL('https://there/a');
  expect(redirected(from, '/b').href).toBe('https://there/b');
  expect(redirected(from, 'https://elsewhere/b').href).toBe('https://elsewhere/b');
  expect(() => redirected(from, 'http://there/a')).toThrow('https://there redirects to http://there; expected https');
});

describe('a proxy', () => {
  test('is used for the hosts that it is named for', async () => {
    const proxy = await serveProxy();
    closing.push(proxy);
    const { url } = await open(file(model));
    const through = async (named: Proxies) => {
      proxy.requests.length = 0;
      await fetched(httpOrigin(url, named), { sha256 });
      return proxy.requests.length;
    };
    expect(await through({ http: proxy.url })).toBe(1);
    expect(proxy.requests[0]).toContain(new URL(url).host);
    expect(await through({ http: proxy.url, no: '127.0.0.1' })).toBe(0);
    expect(await through({ https: proxy.url })).toBe(0);
    expect(await through({})).toBe(0);
  });

  test('that does not answer is named', async () => {
    const proxy = await serveProxy();
    await proxy.close();
    const { url } = await open(file(model));
    expect((await refused(httpOrigin(url, { http: proxy.url }))).message).toMatch(/ECONNREFUSED/);
  });
});

const mounts = canMount();
test.skipIf(!mounts)(
  `a disk without room is told of in one line, and the download goes on once there is some${mounts ? '' : ' (skipped: nothing can be mounted)'}`,
  async () => {
    const disk = mountSmallDisk(4);
    try {
      const small = { wanted: join(disk.folder, 'some.onnx'), partials: join(disk.folder, '.partial') };
      const whole = withNote(2_000_000);
      const source = join(folder, 'source.onnx');
      writeFileSync(source, whole);
      const asked = { name: 'some', sha256: createHash('sha256').update(whole).digest('hex') };
      const begin = () => download(fileOrigin(source), small.wanted, asked, { partials: small.partials });
      disk.fill();
      await expect(begin()).rejects.toThrow(/^(ENOSPC|no room in )/);
      disk.free();
      writeFileSync(join(disk.folder, 'other'), Buffer.alloc(2_500_000));
      await expect(begin()).rejects.toThrow(/^no room in .* after \d+ bytes of some; expected /);
      rmSync(join(disk.folder, 'other'));
      expect(await begin()).toMatchObject({ bytes: whole.length });
    } finally {
      disk.unmount();
    }
  },
);

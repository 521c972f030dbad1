import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@saltworks/contract/documents/json';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { entriesAt, type Place, walkLists } from '../../src/import/json-lists.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-json-'));
  path = join(folder, 'x.json');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The entries of `a` and `b`, as walked and as read again. */
async function walked(content: string | Uint8Array, chunkUnits?: number) {
  writeFileSync(path, content);
  const met: [string, object][] = [];
  const places: Place[] = [];
  const take = (list: string, entry: object, place: Place) => {
    met.push([list, entry]);
    places.push(place);
  };
  const members = await walkLists(path, ['a', 'b'], take, { chunkUnits });
  expect([...entriesAt(path, places)]).toEqual(met.map(([, entry]) => entry));
  return { met, members: [...members] };
}

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const bigEndian = (text: string) => utf16(text).swap16();

describe('entries', () => {
  const odd = { s: 'Ä "x" 💧 \\', n: 'NaN, -Infinity', deep: [{ a: [{ b: 'é' }] }], '': -2.5e3 };
  const document = { info: { a: [{ not: 'this' }], text: ':"a"' }, b: [odd, { id: 1 }], c: [[7]], a: [odd, [odd], {}] };
  const text = JSON.stringify(document, null, 1);
  const expected = {
    met: [...document.b.map((entry) => ['b', entry]), ...document.a.map((entry) => ['a', entry])],
    members: ['info', 'b', 'c', 'a'],
  };

  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16, little end first', utf16(text)],
    ['UTF-16, big end first', bigEndian(text)],
  ])('come in their order, and are read again, from %s', async (_, bytes) => {
    expect(await walked(bytes)).toEqual(expected);
  });

  test('equal those of parseJson for NaN, infinities and bytes that are not UTF-8', async () => {
    const odd = '{"a":[{"x":NaN,"y":[-Infinity,Infinity,1],"NaN":"NaN"},{"id":1},{"s":"\\u00e9é","n":null}],"z":NaN}';
    for (const bytes of [Buffer.from(odd), Buffer.from(odd, 'latin1'), utf16(odd)]) {
      const { a } = parseJson<{ a: object[] }>(bytes);
      expect((await walked(bytes)).met.map(([, entry]) => entry)).toEqual(a);
    }
  });

  test('are whole, wherever a chunk of the file ends', async () => {
    const entry = '{"k":[-Infinity,NaN,"\\"ä\\\\",-1.5e-7,true]}';
    for (let units = 1; units < 30; units++) {
      for (const bytes of [Buffer.from(`{"a":[${entry}, ${entry}]}`), utf16(`{"a":[${entry}, ${entry}]}`)]) {
        const { met } = await walked(bytes, units);
        expect(met).toEqual([1, 2].map(() => ['a', { k: [null, null, '"ä\\', -1.5e-7, true] }]));
      }
    }
  });
});

describe('refused', () => {
  test.each([
    'x',
    '{"a":[',
    '{"a":[{},]}',
    '{"a":[{}{}]}',
    '{"b":[{"x":Nan}]}',
    '{"a":[{"x":N',
    '{} x',
    '{"a":"',
    '\ufeff]',
  ])('as no JSON: %j', async (text) => {
    for (const bytes of [Buffer.from(text), utf16(text)]) await expect(walked(bytes)).rejects.toThrow(/^not JSON: .+$/);
  });
  test.each(['{"a":3}', '{"a":null}', '{"a":{"x":{}}}', '{"a":{}}', '{"b":[{},null]}', '{"b":[1]}', '{"a":"[]"}'])(
    'as no lists of objects: %j',
    async (text) => await expect(walked(text)).rejects.toThrow(/^[ab] is no list of objects$/),
  );
  test.each(['', '[]', 'null', '7', '{}', '[{"a":[1]}]', '{"c":{"a":3}}'])(
    'not: %j has no such lists',
    async (text) => {
      expect((await walked(text)).met).toEqual([]);
    },
  );
});

test('reports its progress', async () => {
  writeFileSync(path, utf16('{"a":[{},{}]}'));
  const shares: number[] = [];
  await walkLists(path, ['a'], () => {}, { chunkUnits: 4, onProgress: (share) => shares.push(Math.round(28 * share)) });
  expect(shares).toEqual([8, 16, 24, 26]);
});

test('stops when its signal aborts', async () => {
  writeFileSync(path, '{}');
  await expect(walkLists(path, [], () => {}, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
});

import { describe, expect, test } from 'vitest';
import { parseJson, parseJsonText } from '../../src/documents/json.ts';
import { InvalidInputError } from '../../src/errors.ts';

const document = {
  name: 'Ä "x" 💧',
  list: [1, -2.5e3, null, true],
  deep: { a: 'NaN', b: '\\"NaN\\"', c: 'C:\\', d: '' },
};
const utf8 = (text: string) => new TextEncoder().encode(text);

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return bytes;
}

describe('JSON is read', () => {
  const text = JSON.stringify(document, null, 1);
  test.each([
    ['UTF-8', utf8(text)],
    ['UTF-8 with a byte-order mark', utf8(`\ufeff${text}`)],
    ['UTF-16, little end first', utf16(`\ufeff${text}`, true)],
    ['UTF-16, big end first', utf16(`\ufeff${text}`, false)],
    ['with line ends of Windows', utf8(text.replaceAll('\n', '\r\n'))],
  ])('from %s', (_, bytes) => expect(parseJson(bytes)).toEqual(document));

  test('from text, with or without a mark', () => {
    expect(parseJsonText(text)).toEqual(document);
    expect(parseJsonText(`\ufeff${text}`)).toEqual(document);
  });
});

test('NaN and infinities are null, and stay what they are within strings', () => {
  expect(parseJsonText('{"a":NaN,"b":[Infinity,-Infinity, NaN ],"c":"NaN, Infinity","d\\"":"\\\\","NaN":NaN}')).toEqual(
    {
      ...{ a: null, b: [null, null, null], c: 'NaN, Infinity' },
      ...{ 'd"': '\\', NaN: null },
    },
  );
  const text = JSON.stringify(document);
  expect(parseJsonText(text.replace('-2500', 'NaN,-2500'))).toEqual({
    ...document,
    list: [1, null, -2500, null, true],
  });
  expect(parseJsonText('NaN')).toBe(null);
});

test('a NaN that is not understood is told of', () => {
  const needNumber = (document: unknown) => {
    if (typeof document !== 'number') throw new InvalidInputError(`x is ${document}; expected a number`);
    return document;
  };
  expect(parseJsonText('7', needNumber)).toBe(7);
  expect(() => parseJsonText('null', needNumber)).toThrow(/^x is null; expected a number$/);
  expect(() => parseJsonText('NaN', needNumber)).toThrow(
    'not JSON: NaN or Infinity, where x is null; expected a number',
  );
});

test('long strings do not exhaust anything', () => {
  const long = '\\"x'.repeat(3e5);
  expect(parseJsonText(`{"s":"${long}","n":NaN}`)).toEqual({ s: '"x'.repeat(3e5), n: null });
});

test.each(['', 'hello', '{"a":', '{"a":NaN', '{"a":"NaN', '[NaNs]', '{"a":nan}', '[1,]', '\ufeff', '["\\"NaN]'])(
  'what is no JSON is refused in one line: %j',
  (text) => {
    for (const read of [() => parseJsonText(text), () => parseJson(utf8(text))]) {
      expect(read).toThrow(InvalidInputError);
      expect(read).toThrow(/^not JSON: .+$/);
    }
  },
);

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../src/documents/document.ts';
import { prices } from '../../src/documents/prices.ts';

const read = (document: unknown) => parseDocument('prices.json', JSON.stringify(document), prices);
const least = { version: 1, currency: 'EUR' };

describe('a price file', () => {
  test('may leave everything out but version and currency', () => {
    expect(read(least)).toEqual(least);
  });

  test('is as the document shows it', () => {
    const text = readFileSync(new URL('../../../../docs/bakeoff.md', import.meta.url), 'utf8');
    const [, example] = /```json\n([^`]*)```/.exec(text) ?? [];
    expect(parseDocument('docs/bakeoff.md', example, prices).devices).toHaveLength(3);
  });

  test.each([
    [{ currency: 'EUR' }, 'version'],
    [{ ...least, version: 2 }, 'version'],
    [{ ...least, coreHour: -1 }, 'coreHour'],
    [{ ...least, requests: { get: '1' } }, 'requests.get'],
    [{ ...least, devices: [{ name: 'cpu', faster: 0 }] }, 'devices[0].faster'],
    [{ ...least, storage: { gigabyteMonth: 1 } }, 'storage.months'],
    // A misspelt price would be none.
    [{ ...least, corehour: 1 }, ''],
    [{ ...least, devices: [{ name: 'cpu', hours: 1 }] }, 'devices[0]'],
  ])('%j is refused', (document, field) => {
    expect(() => read(document)).toThrow(`prices.json: ${field}`);
  });
});

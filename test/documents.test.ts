import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const packages = new URL('../packages/', import.meta.url).pathname;

/** Pages and commands have a check of their own (boundaries.ts). */
const rooms = ['backbone', 'contract', 'core', 'orchestrator', 'store', 'worker'];

const sources = rooms
  .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name).slice(packages.length))
  .sort();

/** Files that parse JSON, and the JSON that they parse. */
const readers: Record<string, string> = {
  'contract/src/api/events.ts': 'events of a stream, parsed by their schemas',
  'contract/src/documents/document.ts': 'stored documents, checked by their schemas',
  'contract/src/documents/json.ts': 'documents that people bring, checked by their readers',
  'core/src/formats/safetensors.ts': 'headers of keys files, checked there',
  'orchestrator/src/cursor.ts': 'places in lists, parsed by the schemas of its callers',
};

const parses = (text: string) => /\bJSON\s*\.\s*parse\b|\bJSON\s*\[|\{[^{}]*\bparse\b[^{}]*\}\s*=\s*JSON\b/.test(text);

/** Object names, and prefixes of them, written out or taken apart. */
const named =
  /(['"`])(backbones|bakeoffs|builds|catalog|datasets|drawings|exports|agreement|label-efficiency|probes|check)\/|`(images|keys|masks|models|strokes|views)\/[^`]*slice\(|\.patch\.json|padStart\(9/;

const found = (wanted: (text: string) => boolean) =>
  sources.filter((file) => wanted(readFileSync(join(packages, file), 'utf8')));

describe('stored documents', () => {
  test('only the named readers parse JSON', () => {
    expect(found(parses)).toEqual(Object.keys(readers));
  });

  test.each([
    'return JSON.parse(text) as Plan;',
    'const { parse } = JSON;',
    "JSON['parse'](text)",
    'lines.map(JSON.parse)',
  ])('the check notices %s', (text) => {
    expect(parses(text)).toBe(true);
  });

  test.each(['parse(text)', 'JSON.stringify(plan)', 'const { parse } = schema;'])('the check accepts %s', (text) => {
    expect(parses(text)).toBe(false);
  });
});

describe('names of objects', () => {
  test('layout.ts alone makes them', () => {
    expect(found((text) => named.test(text))).toEqual(['contract/src/layout.ts']);
  });

  test.each(["store.list('catalog/')", '`datasets/$' + '{name}/masks/`', "String(n).padStart(9, '0')"])(
    'the check notices %s',
    (text) => {
      expect(named.test(text)).toBe(true);
    },
  );
});

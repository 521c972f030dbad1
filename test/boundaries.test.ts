import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readers, readersOf } from './boundaries.ts';

const packages = new URL('../packages/', import.meta.url).pathname;
const sources = ['ui', 'cli']
  .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
  .map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { file: path.slice(packages.length), text: readFileSync(path, 'utf8') };
  });

describe('JSON in pages and commands', () => {
  test('is read in these files alone', () => {
    expect(readersOf(sources).sort()).toEqual(Object.keys(readers).sort());
  });

  test.each(['JSON.parse(text)', 'await answer.json()', 'return parsed as Answer;', "xhr.responseType = 'json';"])(
    'the check notices %s',
    (text) => {
      expect(readersOf([{ file: 'ui/src/a.ts', text }])).toEqual(['ui/src/a.ts']);
    },
  );

  test.each(['JSON.stringify(body)', 'const json = true;', '.option("--json")', 'as Answers'])(
    'the check accepts %s',
    (text) => {
      expect(readersOf([{ file: 'cli/src/a.ts', text }])).toEqual([]);
    },
  );
});

test('an answer is asked for by an endpoint, never by an address that a page or a command spells', () => {
  const spelling = sources.filter(({ text }) => /['"`]\/api\//.test(text)).map(({ file }) => file);
  expect(spelling).toEqual([]);
});

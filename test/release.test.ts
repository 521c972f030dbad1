/** One version for all packages, written in their manifests alone, and named by nothing that must stay. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '@saltworks/telemetry/version';
import { describe, expect, test } from 'vitest';
import { imports } from './arrows.ts';

const packages = new URL('../packages/', import.meta.url).pathname;
const names = readdirSync(packages);
const manifestOf = (name: string) => JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
const sources = names.flatMap((name) =>
  readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name, file: path.slice(packages.length), text: readFileSync(path, 'utf8') };
    }),
);

describe('the version of a release', () => {
  test('is the same in every package', () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(Object.fromEntries(names.map((name) => [name, manifestOf(name).version]))).toEqual(
      Object.fromEntries(names.map((name) => [name, version])),
    );
  });

  test('is read in one file', () => {
    expect(sources.filter(({ text }) => /package\.json/.test(text)).map(({ file }) => file)).toEqual([
      'telemetry/src/version.ts',
    ]);
  });

  // Keys, masks and builds are named by what they are made from, CODE_VERSION included: another release must find them again.
  test('names no keys, masks or builds', () => {
    const names = ['contract', 'core', 'backbone', 'store', 'worker'];
    expect(
      sources
        .filter(({ name, text }) => names.includes(name) && imports(text).includes('@saltworks/telemetry/version'))
        .map(({ file }) => file),
    ).toEqual([]);
  });
});

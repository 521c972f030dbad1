/** One version for all packages, written in their manifests alone, and named by nothing that must stay. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '@saltworks/telemetry/version';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { notesOf, released } from '../scripts/changelog.mjs';
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

const root = new URL('..', import.meta.url).pathname;

describe('the version of a release', () => {
  test('is the same in every package', () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(Object.fromEntries(names.map((name) => [name, manifestOf(name).version]))).toEqual(
      Object.fromEntries(names.map((name) => [name, version])),
    );
  });

  test('is the chart’s', () => {
    const { version: own, appVersion } = parse(readFileSync(join(root, 'infra/helm/saltworks/Chart.yaml'), 'utf8'));
    expect({ own, appVersion }).toEqual({ own: version, appVersion: version });
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

describe('the changelog', () => {
  const text = '# Changelog\n\n## Unreleased\n\nSpeed\n\n- Faster.\n\n## 0.1.0 (2026-01-01)\n\n- All.\n';

  test('gets what is unreleased under the version, and room for what comes', () => {
    const next = released(text, '0.2.0', '2026-02-02');
    expect(next).toBe(text.replace('## Unreleased\n', '## Unreleased\n\n## 0.2.0 (2026-02-02)\n'));
    expect(notesOf(next, '## 0.2.0')).toBe('Speed\n\n- Faster.');
    expect(notesOf(next, '## 0.1.0')).toBe('- All.');
  });

  test('has each version once, and none without a word', () => {
    expect(() => released(text, '0.1.0', '2026-02-02')).toThrow('CHANGELOG.md has 0.1.0; expected another version');
    const next = released(text, '0.2.0', '2026-02-02');
    expect(() => released(next, '0.3.0', '2026-03-03')).toThrow('says nothing under "## Unreleased"');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const packages = new URL('../packages/', import.meta.url).pathname;
const settings = 'cli/src/settings.ts';

const sources = readdirSync(packages)
  .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(packages.length));

/** `process.env` and `process['env']`, `env` destructured from `process` or imported from its module, and Vite's. */
const readings = [
  /\bprocess\s*(\?\.|\.)\s*env\b/,
  /\bprocess\s*(\?\.)?\[/,
  /\{[^{}]*\benv\b[^{}]*\}\s*=\s*(globalThis\.)?process\b/,
  /\bimport\s*\{[^{}]*\benv\b[^{}]*\}\s*from\s*['"](node:)?process['"]/,
  /\bimport\.meta\.env\b/,
];
const reads = (text: string) => readings.some((reading) => reading.test(text));

describe('environment variables', () => {
  test('only settings.ts reads them', () => {
    const found = sources.filter((file) => reads(readFileSync(join(packages, file), 'utf8')));
    expect(found).toEqual([settings]);
  });

  test.each([
    'const home = process.env.HOME;',
    'const { HOME } = process.env;',
    "const home = process['env'].HOME;",
    'const { env, argv } = process;',
    "import { argv, env } from 'node:process';",
    'const mode = import.meta.env.MODE;',
  ])('the check notices %s', (text) => {
    expect(reads(text)).toBe(true);
  });

  test.each([
    'spawn(command, args, { env });',
    'const { env } = settings;',
    "import { env as ort } from 'onnxruntime-node';",
    'process.exitCode = 1;',
  ])('the check accepts %s', (text) => {
    expect(reads(text)).toBe(false);
  });
});

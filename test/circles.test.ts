import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Source } from './arrows.ts';
import { circles } from './circles.ts';

const root = new URL('../', import.meta.url).pathname;
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const folders = [...packages.flatMap((name) => [`${name}/src`, `${name}/kernels`]), 'bench', 'scripts', 'e2e', 'test'];

const sources: Source[] = folders.flatMap((folder) =>
  filesBelow(folder)
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') })),
);

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
  } catch {
    // Most packages have no kernels.
    return [];
  }
}

test('no sources import each other in a circle', () => {
  expect(circles(sources)).toEqual([]);
});

describe('the check itself', () => {
  const source = (file: string, ...modules: string[]): Source => ({
    file,
    text: modules.map((module) => `import type { A } from '${module}';`).join('\n'),
  });

  test('finds a circle within a package, across packages and of one file, and names its files', () => {
    expect(circles([source('bench/a.mjs', './b.mjs'), source('bench/b.mjs', './a.mjs', 'node:fs')])).toEqual([
      ['bench/a.mjs', 'bench/b.mjs'],
    ]);
    const across = [
      source('packages/core/src/a.ts', './deep/b.ts'),
      source('packages/core/src/deep/b.ts', '@saltworks/store/c'),
      source('packages/store/src/c.ts', '@saltworks/core/a', './d.ts'),
      source('packages/store/src/d.ts'),
    ];
    expect(circles(across)).toEqual([
      ['packages/core/src/a.ts', 'packages/core/src/deep/b.ts', 'packages/store/src/c.ts'],
    ]);
    expect(circles([source('test/a.ts', './a.ts')])).toEqual([['test/a.ts']]);
  });

  test('lets a line of imports be, and a dynamic import back', () => {
    const back = { file: 'e2e/b.ts', text: `const a = await import('./a.ts');\nnew URL('./a.ts', import.meta.url);` };
    expect(circles([source('e2e/a.ts', './b.ts', './c.ts'), back, source('e2e/c.ts', './b.ts')])).toEqual([]);
  });
});

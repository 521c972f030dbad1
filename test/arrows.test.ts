import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const packages = new URL('../packages/', import.meta.url).pathname;

/** Who may import whom among our packages (ARCHITECTURE.md). */
const arrows: Record<string, string[]> = {
  core: [],
  backbone: ['core'],
  store: ['core'],
  worker: ['backbone', 'core', 'store'],
  orchestrator: ['core', 'store'],
  cli: ['backbone', 'core', 'orchestrator', 'store', 'ui', 'worker'],
  ui: ['core'],
};

const sources = readdirSync(packages).flatMap((name) =>
  readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({
      name,
      file: join(name, 'src', file),
      text: readFileSync(join(packages, name, 'src', file), 'utf8'),
    })),
);

/** Every module that a source names: static and dynamic imports, re-exports, types. */
function imports(text: string): string[] {
  // Not within quotes: 'import' is also a word.
  return [...text.matchAll(/(?:^|[^'\w])(?:from|import)\s*\(?\s*'([^']+)'/gm)].map(([, module]) => module);
}

describe('import arrows', () => {
  test('every package has its arrows written down', () => {
    expect(readdirSync(packages).sort()).toEqual(Object.keys(arrows).sort());
  });

  test.each(Object.keys(arrows))('%s imports only what it may', (name) => {
    const found = sources
      .filter((source) => source.name === name)
      .flatMap(({ file, text }) => imports(text).map((module) => ({ file, module })))
      .filter(({ module }) => module.startsWith('@saltworks/'));
    for (const { file, module } of found)
      expect(arrows[name], `${file} imports ${module}`).toContain(module.split('/')[1]);
    const { dependencies = {} } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
    const declared = Object.keys(dependencies).filter((module) => module.startsWith('@saltworks/'));
    expect(declared.map((module) => module.split('/')[1]).sort()).toEqual([...arrows[name]].sort());
  });

  test('nobody reaches into another package by a path', () => {
    for (const { name, file, text } of sources) {
      for (const module of imports(text).filter((module) => module.startsWith('.'))) {
        const target = join(packages, file, '..', module);
        expect(target.startsWith(join(packages, name, 'src')), `${file} imports ${module}`).toBe(true);
      }
    }
  });

  test('core is pure: no Node, no ONNX, no Temporal (and no DOM: its tsconfig has no such types)', () => {
    for (const { file, text } of sources.filter(({ name }) => name === 'core')) {
      for (const module of imports(text)) {
        expect(module.startsWith('.') || module === 'fast-png', `${file} imports ${module}`).toBe(true);
      }
    }
  });

  test('no barrels: packages are imported by sub-path', () => {
    for (const { file, text } of sources) {
      for (const module of imports(text)) expect(module, file).not.toMatch(/^@saltworks\/[a-z]+$/);
      expect(file.endsWith('/index.ts'), file).toBe(false);
    }
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imports } from './arrows.ts';

/** Folders of a package's sources, a floor a line: each imports its own floor and those above it in this list. */
const packages = {
  core: [
    ['arena', 'drawing'],
    ['image'],
    ['keys'],
    ['nodes'],
    ['seeds'],
    ['spread', 'walk'],
    ['mask'],
    ['metrics'],
    ['refine'],
    // The files at the root put the stages together; fast/ does so with kernels.
    ['.', 'fast'],
    ['corpus', 'crowd', 'formats', 'help', 'judge', 'screen', 'search'],
    ['builds'],
  ],
  backbone: [
    ['files', 'image', 'onnx', 'threads'],
    ['graph'],
    ['layers', 'precision', 'runtime', 'sizes'],
    ['tap'],
    ['check'],
    ['registry'],
    ['session'],
    ['bench'],
  ],
};
const folderOf = (file: string) => (file.includes('/') ? file.split('/')[0] : '.');

describe.each(Object.entries(packages))('%s', (name, floors) => {
  const root = new URL(`../packages/${name}/`, import.meta.url).pathname;
  const filesBelow = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.relative(join(root, folder), join(entry.parentPath, entry.name)));
  const sources = filesBelow('src').filter((file) => /\.ts$/.test(file));
  const floorOf = (file: string) => floors.findIndex((folders) => folders.includes(folderOf(file)));

  test('every folder has its floor', () => {
    expect(sources.filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  test('no stage imports a later one', () => {
    const upwards = sources.flatMap((file) =>
      imports(readFileSync(join(root, 'src', file), 'utf8'))
        .filter((module) => module.startsWith('.') && !isListOfKernels(file))
        .map((module) => posix.join(posix.dirname(file), module))
        .filter((target) => floorOf(target) > floorOf(file))
        .map((target) => `${file} imports ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test('the root has at most 14 files', () => {
    expect(sources.filter((file) => !file.includes('/')).length).toBeLessThanOrEqual(14);
  });

  test('every folder of tests has its sources', () => {
    const tests = filesBelow('test').filter((file) => file.endsWith('.test.ts'));
    expect(tests.filter((file) => !existsSync(join(root, 'src', posix.dirname(file))))).toEqual([]);
  });
});

test('the tests of core mirror its sources', () => {
  const core = new URL('../packages/core/', import.meta.url).pathname;
  const tests = readdirSync(join(core, 'test'), { recursive: true, encoding: 'utf8' });
  const missing = tests
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => !existsSync(join(core, 'src', file.replace('.test.ts', '.ts'))));
  expect(missing).toEqual([]);
});

/** The module of kernels names those of every stage. */
const isListOfKernels = (file: string) => file === 'arena/kernels/module.ts';

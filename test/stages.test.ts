import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { imports } from './arrows.ts';

const core = new URL('../packages/core/', import.meta.url).pathname;

/** Folders of core's sources, a floor a line: each imports its own floor and those above it in this list. */
const floors = [
  ['arena', 'drawing'],
  ['image'],
  ['keys'],
  ['nodes'],
  ['seeds'],
  ['spread', 'walk'],
  ['mask'],
  ['refine'],
  // The files at the root put the stages together; fast/ does so with kernels.
  ['.', 'fast'],
  ['crowd', 'formats', 'help', 'screen'],
];
const floorOf = (file: string) =>
  floors.findIndex((folders) => folders.includes(file.includes('/') ? file.split('/')[0] : '.'));

const filesBelow = (folder: string): string[] =>
  readdirSync(join(core, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(join(core, folder), join(entry.parentPath, entry.name)));
const sources = filesBelow('src').filter((file) => /\.ts$/.test(file));

test('every folder of core has its floor', () => {
  expect(sources.filter((file) => floorOf(file) < 0)).toEqual([]);
});

test('no stage of core imports a later one', () => {
  const upwards = sources.flatMap((file) =>
    imports(readFileSync(join(core, 'src', file), 'utf8'))
      .filter((module) => module.startsWith('.') && !isListOfKernels(file))
      .map((module) => posix.join(posix.dirname(file), module))
      .filter((target) => floorOf(target) > floorOf(file))
      .map((target) => `${file} imports ${target}`),
  );
  expect(upwards).toEqual([]);
});

/** The module of kernels names those of every stage. */
const isListOfKernels = (file: string) => file === 'arena/kernels/module.ts';

test('the root of core has at most 14 files', () => {
  expect(sources.filter((file) => !file.includes('/')).length).toBeLessThanOrEqual(14);
});

test('the tests of core mirror its sources', () => {
  const tests = filesBelow('test').filter((file) => file.endsWith('.test.ts'));
  expect(tests.filter((file) => !existsSync(join(core, 'src', file.replace('.test.ts', '.ts'))))).toEqual([]);
});

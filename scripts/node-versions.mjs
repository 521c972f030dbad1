/** The Nodes that Saltworks runs on, and their binaries: npm packages hold them, which go into `.tools` on first use. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup.mjs';

/** The oldest that engines allow, the one before, and that of the images. */
const VERSIONS = ['20.20.2', '22.23.3', '24.21.0'];

/** Of the orchestrator: PGlite and PostgreSQL, fastify, better-auth, Temporal's bridge, and all of them together. */
const SERVER = [
  'api/journey',
  'api/oidc',
  'api/openapi',
  'concurrency/',
  'datasets/',
  'db/database',
  'db/journal',
  'temporal/',
  'workflows/replay',
];
/** What tests other programs, other processes, or more of the same. */
const LEFT_OUT = [
  'packages/backbone/test/session/exports.test.ts',
  'packages/backbone/test/tap/fuzz.test.ts',
  'packages/cli/test/roles.test.ts',
  'packages/store/test/objects/s3/**',
];

/** Arguments of vitest: the unit tests that another Node may fail. */
export const unitTests = () => [
  ...['--project', 'unit'],
  ...LEFT_OUT.flatMap((pattern) => ['--exclude', pattern]),
  ...readdirSync(join(root, 'packages'))
    .filter((name) => name !== 'orchestrator')
    .map((name) => `packages/${name}/test/`),
  ...SERVER.map((path) => `packages/orchestrator/test/${path}`),
];

const majorOf = (version) => version.split('.')[0];

/** Versions with another major number than the running one. */
export const otherVersions = () => VERSIONS.filter((version) => majorOf(version) !== majorOf(process.versions.node));

/** The folder with `node` in it. @param {string} version exact */
export function nodeFolder(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, '.tools', `node-${version}`);
  const bin = join(folder, 'node_modules', name, 'bin');
  if (existsSync(bin)) return bin;
  // Installed aside, since another test run may install the same.
  const aside = join(root, '.tools', `.node-${randomUUID()}`);
  mkdirSync(aside, { recursive: true });
  try {
    run('npm', ['install', '--prefix', aside, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`], {
      quiet: true,
    });
    renameSync(aside, folder);
  } catch (error) {
    if (!existsSync(bin)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return bin;
}

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arrows, imports, type Source, violations } from './arrows.ts';

const packages = new URL('../packages/', import.meta.url).pathname;

const files = readdirSync(packages).flatMap((name) =>
  readdirSync(join(packages, name), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name === 'src')
    .flatMap((room) =>
      readdirSync(join(packages, name, room.name), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(packages.length)),
    ),
);
const isSource = (file: string) => /\.[cm]?[jt]sx?$/.test(file);
const sources: Source[] = files
  .filter(isSource)
  .map((file) => ({ file, text: readFileSync(join(packages, file), 'utf8') }));

describe('import arrows', () => {
  test('list every package, with the dependencies that it declares', () => {
    expect(readdirSync(packages).sort()).toEqual(Object.keys(arrows).sort());
    for (const [name, targets] of Object.entries(arrows)) {
      const { dependencies = {} } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8'));
      const declared = Object.keys(dependencies).filter((module) => module.startsWith('@saltworks/'));
      expect(declared.map((module) => module.split('/')[1]).sort(), name).toEqual([...targets].sort());
    }
  });

  test('are checked in every source, whatever its extension', () => {
    const others = files.filter((file) => !isSource(file)).map((file) => extname(file));
    expect([...new Set(others)].filter((extension) => !['.css', '.json', '.wasm', '.wat'].includes(extension))).toEqual(
      [],
    );
    expect(new Set(sources.map(({ file }) => extname(file)))).toEqual(new Set(['.ts', '.tsx']));
    for (const name of Object.keys(arrows)) {
      expect(sources.filter(({ file, text }) => file.startsWith(`${name}/`) && imports(text).length > 0)).not.toEqual(
        [],
      );
    }
  });

  test('hold for every import', () => {
    expect(violations(sources)).toEqual([]);
  });
});

describe('the check of arrows', () => {
  test.each([
    ['ui/src/main.tsx', `import { createRoot } from 'react-dom/client';\nimport { App } from './app.tsx';`],
    ['ui/src/annotate/x.tsx', `import type { Mask } from '@saltworks/core/mask/mask';\nimport { a } from '../app.ts';`],
    ['core/src/a.ts', `import { encode } from 'fast-png';\nexport * from './b.ts';`],
    ['cli/src/a.ts', `const { x } = await import('@saltworks/worker/worker');\nimport 'node:fs';`],
    ['orchestrator/src/workflows/a.ts', `import { sleep } from '@temporalio/workflow';\nimport { b } from './b.ts';`],
    ['orchestrator/src/workflows/a.ts', `import type { Tally } from '@saltworks/contract/messages/activities';`],
    ['worker/src/a.ts', `const words = ['import', '@saltworks/cli/main'];`],
    ['core/src/arena/kernels/module.ts', `export * from '../../nodes/kernels/gram';`],
  ])('accepts in %s: %s', (file, text) => {
    expect(violations([{ file, text }])).toEqual([]);
  });

  test.each([
    ['ui/src/pages/a.tsx', `import { open } from '@saltworks/store/open';`, 'ui imports contract, core of ours'],
    [
      'ui/src/a.ts',
      `import type { Closable } from "@saltworks/orchestrator/server";`,
      'ui imports contract, core of ours',
    ],
    ['core/src/a.mts', `export { b } from '@saltworks/store/b';`, 'core imports contract of ours'],
    [
      'worker/src/a.ts',
      `const b = await import('@saltworks/cli/b');`,
      'worker imports backbone, contract, core, lab, store, telemetry of ours',
    ],
    [
      'worker/src/a.cjs',
      `const b = require('@saltworks/cli/b');`,
      'worker imports backbone, contract, core, lab, store, telemetry of ours',
    ],
    ['worker/src/a.ts', `import {\n  a,\n  b,\n} from '@saltworks/orchestrator/b';`, 'worker imports backbone'],
    ['worker/src/a.ts', `import '@saltworks/orchestrator/b';`, 'worker imports backbone'],
    ['worker/src/deep/a.ts', `import { b } from '../../../store/src/b.ts';`, 'no path leads out of a package'],
    ['store/src/a.ts', `import { b } from '../../store/test/b.ts';`, 'no path leads out of a package'],
    ['core/src/a.ts', `import { readFile } from 'node:fs/promises';`, 'core is pure'],
    ['core/src/nodes/kernels/a.ts', `import { b } from 'onnxruntime-node';`, 'core is pure'],
    ['contract/src/a.ts', `import { b } from '@saltworks/core/mask';`, 'contract imports nothing of ours'],
    ['contract/src/a.ts', `import { b } from 'fastify';`, 'contract is the ground floor'],
    ['cli/src/a.ts', `import { b } from '@saltworks/core';`, 'by sub-path'],
    ['orchestrator/src/workflows/a.ts', `import { randomUUID } from 'node:crypto';`, 'workflow files import'],
    ['orchestrator/src/workflows/a.ts', `import { b } from '../errors.ts';`, 'workflow files import'],
    ['orchestrator/src/workflows/a.ts', `import type { B } from '@saltworks/core/mask/mask';`, 'workflow files import'],
    ['orchestrator/src/workflows/a.ts', `import { b } from '@saltworks/store/b';`, 'workflow files import'],
    ['orchestrator/src/workflows/a.ts', `import { b } from '@temporalio/client';`, 'workflow files import'],
    ['ui/src/plots/index.tsx', '', 'is a barrel'],
  ])('finds in %s: %s', (file, text, rule) => {
    expect(violations([{ file, text }])).toEqual([expect.stringContaining(rule)]);
  });
});

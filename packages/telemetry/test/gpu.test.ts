import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { exposition } from '../dist/expose.js';
import { observeGpus } from '../dist/gpu.js';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-gpu-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines = async () => (await exposition()).text.split('\n').filter((line) => line.startsWith('saltworks_gpu'));

/** A program that answers as NVIDIA's does. */
function program(answer: string): string {
  const path = join(folder, `smi-${answer.length}`);
  writeFileSync(path, `#!/bin/sh\nprintf '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

test('use and memory are told by GPU; one that tells no number is left out', async () => {
  const stop = observeGpus(program('0, 37, 1024, 81559\\n1, [N/A], 0, 81559\\n'));
  expect(await lines()).toEqual([
    'saltworks_gpu_use_ratio{gpu="0"} 0.37',
    `saltworks_gpu_memory_bytes{gpu="0",kind="used"} ${1024 * 2 ** 20}`,
    `saltworks_gpu_memory_bytes{gpu="0",kind="total"} ${81559 * 2 ** 20}`,
  ]);
  stop();
});

test.each([
  ['without the program', () => join(folder, 'nowhere')],
  ['with one that fails', () => program('no devices were found\\n')],
])('%s there is no metric', async (_, command) => {
  const stop = observeGpus(command());
  expect(await lines()).toEqual([]);
  stop();
});

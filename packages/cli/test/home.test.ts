import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../src/home.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-home-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a home is created for its owner only, with its parent folders, and found again', async () => {
  const home = join(folder, 'a/home');
  await makeHome(home);
  await makeHome(home);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

test('a home that cannot be created is refused with one line', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const reason = (home: string) =>
    makeHome(home).then(
      () => expect.fail('made'),
      (error) => {
        expect(error).toBeInstanceOf(InvalidInputError);
        return error.message;
      },
    );
  const expected = 'expected a folder, or a place for one';
  expect(await reason(file)).toBe(`SALTWORKS_HOME=${file}: ${file} is not a folder; ${expected}`);
  expect(await reason(join(file, 'x/y'))).toBe(`SALTWORKS_HOME=${file}/x/y: ${file} is not a folder; ${expected}`);
  const long = join(folder, 'x'.repeat(300));
  expect(await reason(long)).toBe(
    `SALTWORKS_HOME=${long}: no folder can be made in ${folder} (ENAMETOOLONG); ${expected}`,
  );
});

import { expect, test } from 'vitest';
import { leftOut } from '../src/left-out.ts';

test('files left out of an import are counted by reason, in singular and plural', () => {
  const nothing = { hidden: 0, other: 0 };
  expect(leftOut({ left: nothing, failed: [] })).toBe('');
  expect(leftOut({ left: { hidden: 1, other: 2, '.heic': 3, '.dng': 1 }, failed: [] })).toBe(
    '1 hidden file, 2 files that are no pictures, 3 .heic, 1 .dng (not read; convert to JPEG or PNG)',
  );
  const failed = [{ name: 'a.png', reason: 'gone' }];
  expect(leftOut({ left: { ...nothing, broken_links: 2, linked_folders: 1 }, failed })).toBe(
    '2 links to nothing, 1 link to a folder, 1 that could not be read',
  );
});

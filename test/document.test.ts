import { describe, expect, test } from 'vitest';
import { matches, same, stepsOf } from '../e2e/document.ts';

describe('the commands of a document', () => {
  test('are found with what they print, below their headings', () => {
    const text = [
      '# First\n$ not in a fence\n```\n$ one \\\n  --more\nout\n\nput\n```',
      '```\n# two\n$ two\n```\n## Second\n```\nno command\n$ three\n```',
    ].join('\n');
    expect(stepsOf(text)).toEqual([
      { section: 'First', command: 'one \\\n  --more', printed: ['out', 'put'] },
      { section: 'First', command: 'two', printed: [] },
      { section: 'Second', command: 'three', printed: [] },
    ]);
  });

  const same1 = (expected: string, actual: string) => same(expected, actual, new Map());

  test('print the same words; times pass, and figures may differ in their last digits', () => {
    expect(same1('a  b', 'a b')).toBe(true);
    expect(same1('a b', 'a c')).toBe(false);
    expect(same1('done (0.9 s) at 2026-11-29 10:00', 'done (12.3 s) at 2027-01-02 03:04')).toBe(true);
    expect(same1('3 images', '4 images')).toBe(false);
    expect(same1('IoU 0.912', 'IoU 0.913')).toBe(true);
    expect(same1('IoU 0.912', 'IoU 0.812')).toBe(false);
    expect(same1('lost -0.002', 'lost 0.000')).toBe(true);
    expect(same1('18 kB, 5 %', '17 kB, 6 %')).toBe(true);
    expect(same1('18 kB', '28 kB')).toBe(false);
    expect(same1('12,345 bytes and 5000', '12,345 bytes and 5100')).toBe(true);
    expect(same1('made … by ann', 'made of all by ann')).toBe(true);
    expect(same1('a.b (c)', 'aXb (c)')).toBe(false);
  });

  test('call ids otherwise, but always the same', () => {
    const ids = new Map<string, string>();
    expect(same('build 0123456789abcdef', 'build fedcba9876543210', ids)).toBe(true);
    expect(same('again 0123456789abcdef', 'again fedcba9876543210', ids)).toBe(true);
    expect(same('again 0123456789abcdef', 'again fedcba9876543211', ids)).toBe(false);
    expect(same('short 01234567', 'short fedcba9876543210', ids)).toBe(false);
  });

  test('print their lines in order; an ellipsis alone stands for any of them', () => {
    const ids = new Map();
    expect(matches(['a', '…', 'd'], ['a', 'b', 'c', 'd'], ids)).toBe(true);
    expect(matches(['a', '…'], ['a'], ids)).toBe(true);
    expect(matches(['a', '…', 'd'], ['a', 'b'], ids)).toBe(false);
    expect(matches(['a'], ['a', 'b'], ids)).toBe(false);
  });
});

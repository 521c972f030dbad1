import { afterEach, expect, test, vi } from 'vitest';
import { report } from '../dist/follow.js';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test.each([
  ['all images failed', { done: 0, cached: 0, failed: 2 }, 1],
  ['some failed', { done: 1, cached: 0, failed: 1 }, undefined],
  ['all that did not fail were done before', { done: 0, cached: 1, failed: 1 }, undefined],
  ['there was nothing to do', { done: 0, cached: 0, failed: 0 }, undefined],
])('a run in which %s ends with the right exit code', (_, tally, code) => {
  vi.spyOn(console, 'log').mockReturnValue();
  const said = vi.spyOn(console, 'error').mockReturnValue();
  report('pans', true, { images: 2, ...tally, seconds: 1 });
  expect(process.exitCode).toBe(code);
  expect(said).toHaveBeenCalledTimes(tally.failed > 0 ? 1 : 0);
});

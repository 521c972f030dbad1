import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLines } from '@saltworks/contract/documents/document';
import type { EvaluationPlan, EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../dist/program.js';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-compare-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const plan: EvaluationPlan = {
  ...{ version: 1, code: 1, dataset: 'pets', protocols: ['strokes'], backbone: 'dinov2-small-focus', preset: 'best' },
  ...{ backbones: [], budget: 10, bar: 0.85, seed: 0, peers: [], left_out: [] },
  images: ['a', 'b'].map((name) => ({ name, source: '', sha256: name.repeat(64) })),
};

/** A run's folder, whose images have these IoUs. */
function run(name: string, ious: readonly number[], changes: Partial<EvaluationPlan> = {}): string {
  const rows = ious.map((iou, i): EvaluationRow => {
    const segments = [{ id: 1, area: 9, iou, dice: iou, boundary_iou: iou, parts: 1, contour: 1 }];
    return {
      image: plan.images[i].name,
      source: '',
      protocol: 'strokes',
      variant: 'best',
      seed: 0,
      segments,
      panoptic: [],
    };
  });
  const folder = join(scratch, name);
  mkdirSync(join(folder, 'rows'), { recursive: true });
  writeFileSync(join(folder, 'evaluation.json'), JSON.stringify({ ...plan, ...changes }));
  writeFileSync(join(folder, 'rows', 'strokes.jsonl'), encodeLines(rows));
  return folder;
}

let [out, err] = ['', ''];
beforeEach(() => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(console, 'log').mockImplementation((text) => {
    out += `${text}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((text) => {
    err += `${text}\n`;
  });
});
afterEach(() => vi.restoreAllMocks());

test('two runs are compared, as text and in a folder', async () => {
  const [before, after] = [run('before', [0.5, 0.5]), run('after', [0.75, 0.5])];
  const folder = join(scratch, 'compared');
  expect(await main(['eval', 'compare', before, after, '--out', folder])).toBe(0);
  expect(out).toMatch(/strokes\s+best\s+miou\s+2\s+0\.500\s+0\.625\s+\+0\.125/);
  expect(out).toMatch(/a\s+strokes\s+0\.500\s+0\.750\s+\+0\.250/);
  expect(readFileSync(join(folder, 'comparison.html'), 'utf8')).toContain('Two evaluations of pets');
  out = '';
  expect(await main(['eval', 'compare', before, after, '--json'])).toBe(0);
  expect(out).toBe(readFileSync(join(folder, 'comparison.json'), 'utf8'));
  expect(JSON.parse(out).images[0]).toMatchObject({ image: 'a', before: 0.5, after: 0.75 });
});

test('runs of other images are refused with one line', async () => {
  const [before, after] = [run('whole', [0.5, 0.5]), run('part', [0.5], { images: plan.images.slice(0, 1) })];
  expect(await main(['eval', 'compare', before, after])).toBe(2);
  expect(err).toMatch(/^saltworks: .*whole has 2 images, .*part 1, and "b" is in the first alone; expected .*\n$/);
});

test('a folder that holds no run is refused, and so is a run without a place for its results', async () => {
  expect(await main(['eval', 'compare', scratch, scratch])).toBe(2);
  expect(err).toMatch(/evaluation\.json: no such file\n$/);
  err = '';
  expect(await main(['eval', scratch])).toBe(2);
  expect(err).toBe('saltworks: no --out; expected the folder where results go\n');
});

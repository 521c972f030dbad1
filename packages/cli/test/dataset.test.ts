// `saltworks dataset import` as a person calls it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../src/program.ts';

let folder: string;
let printed: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-dataset-'));
  vi.stubEnv('SALTWORKS_HOME', join(folder, 'home'));
  printed = [];
  for (const stream of ['log', 'error'] as const) {
    vi.spyOn(console, stream).mockImplementation((line) => printed.push(String(line)));
  }
  mkdirSync(join(folder, 'pictures/train'), { recursive: true });
  const pixels = new Uint8Array(3 * 8 * 6).fill(9);
  writeFileSync(join(folder, 'pictures/train/a.png'), await encodePng(pixels, { width: 8, height: 6, channels: 3 }));
  mkdirSync(join(folder, 'labels'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const coco = (...names: string[]) => {
  const path = join(folder, 'labels/coco.json');
  const images = names.map((file_name, id) => ({ id, file_name }));
  const annotations = [{ id: 1, image_id: 0, category_id: 0, segmentation: [[1, 1, 5, 1, 5, 5, 1, 5]] }];
  writeFileSync(path, JSON.stringify({ images, annotations, categories: [{ id: 0, name: 'cat' }] }));
  return path;
};
const importAs = async (...args: string[]) => {
  const code = await main(['dataset', 'import', ...args, '--name', 'd']);
  return { code: code || process.exitCode || 0, lines: printed.splice(0) };
};

test('a COCO document’s images are found in the named folder, and nowhere else', async () => {
  expect(await importAs(coco('train/a.png'), '--images', join(folder, 'pictures'))).toEqual({
    code: 0,
    lines: [
      'd: 1 images (1 new, 0 unchanged, 0 duplicates, 1 with known masks)',
      'saltworks: coco.json: category ids count from 1 here: 0 is now 1 (cat)',
    ],
  });
  const { code, lines } = await importAs(coco('../pictures/train/a.png'), '--images', join(folder, 'labels'));
  expect(code).toBe(2);
  expect(lines.at(-1)).toMatch(/leads out of .*labels; expected a path below it$/);
});

test('--images takes a folder, and only with a document of COCO, CVAT or Label Studio', async () => {
  for (const [source, images, message] of [
    [coco('a.png'), join(folder, 'nowhere'), /nowhere: no such file$/],
    [coco('a.png'), coco('a.png'), /^saltworks: --images .*coco.json is a file; expected a folder$/],
    [folder, folder, /^saltworks: --images .*; expected a document of COCO, CVAT or Label Studio$/],
  ] as const) {
    const { code, lines } = await importAs(source, '--images', images);
    expect(code).toBe(2);
    expect(lines.at(-1)).toMatch(message);
  }
});

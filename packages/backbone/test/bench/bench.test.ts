import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// The process runs the built package, so the test imports it, too.
import { type BenchRow, benchBackbone, configurations } from '@saltworks/backbone/bench/bench';
import { testPicture } from '@saltworks/backbone/bench/picture';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasIntegerProducts } from '../../src/precision/processor.ts';
import { tinyVit } from '../tiny-vit.ts';

describe('the bench of a backbone', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
    writeFileSync(join(folder, 'tiny.onnx'), tinyVit());
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function rowsOf(list = configurations()): Promise<BenchRow[]> {
    const spec = { ...(await resolveBackbone(join(folder, 'tiny.onnx'), { home: folder })), longSide: 64 };
    const rows: BenchRow[] = [];
    for await (const row of benchBackbone(spec, list, { images: [testPicture()], seconds: 0.01, threads: 1 })) {
      rows.push(row);
    }
    return rows;
  }

  test('measures every precision of the CPU, and compares the keys with the first', async () => {
    const rows = await rowsOf(configurations().filter(({ device }) => device === 'cpu'));
    expect(rows.map(({ precision }) => precision)).toEqual(['given', 'float16', 'int8']);
    const [given, half, int8] = rows;
    expect(given).toMatchObject({ weights: 'float32', batch: 1, cosine: expect.closeTo(1, 6) });
    expect(half).toMatchObject({ cosine: expect.closeTo(1, 3) });
    if (hasIntegerProducts()) expect(int8).toMatchObject({ cosine: expect.closeTo(1, 1) });
    for (const row of rows) {
      if ('refused' in row) continue;
      expect(row.imagesPerSecond).toBeGreaterThan(0);
      expect(row.memory).toBeGreaterThan(10e6);
      expect(row.gpuMemory).toBeUndefined();
    }
  });

  test('tries an absent device once, and says that it is absent', async () => {
    const rows = await rowsOf(configurations([1, 2]).filter(({ device }) => device === 'tensorrt'));
    // Where there is one, it measures instead.
    if (rows.some((row) => 'imagesPerSecond' in row)) return;
    expect(rows).toEqual([
      { device: 'tensorrt', precision: 'float16', batch: 1, refused: expect.stringMatching(/^no TensorRT here/) },
    ]);
  });
});

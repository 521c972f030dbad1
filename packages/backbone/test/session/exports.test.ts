/** The real weights in other types and as onnxruntime rewrites them: nearly the same masks. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// The thread runs the built package, so the test imports it, too.
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { presets } from '@saltworks/core/options';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { segment } from '@saltworks/core/segment';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/image/decode.ts';
import { hasIntegerProducts } from '../../src/precision/processor.ts';
import { home, isPulled, realModel } from '../run.ts';

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));
const NAMES = ['chelsea.png', 'coffee.jpg'];
/** Of Dice, against the masks of float32. */
const HALF_A_POINT = 0.005;

describe.skipIf(!isPulled)(
  'dinov2-small-focus, exported differently (skipped until npm run setup has pulled it)',
  () => {
    let folder: string;
    let float32: Uint32Array[];
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'saltworks-exports-'));
      float32 = await masks({});
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true }));

    async function masks({
      file = 'dinov2-small-focus',
      precision,
    }: {
      file?: string;
      precision?: 'float16' | 'int8';
    }) {
      const session = await openSession(await resolveBackbone(file, { home }), { facet: 'key', precision });
      const out: Uint32Array[] = [];
      for (const name of NAMES) {
        const image = await decodeImage(readFileSync(`${examples}images/${name}`));
        const scribbles = readFileSync(`${examples}scribbles/${name.replace(/\..*/, '.json')}`, 'utf8');
        const keys = await session.extract(image, { longSide: 252 });
        const { mask } = segment(image, keys, rasterise(parseScribbles(scribbles)), presets.best);
        out.push(Uint32Array.from(mask.ids));
      }
      await session.close();
      return out;
    }

    test.each(['float16', 'int8'] as const)(
      'in %s, by our own surgery',
      async (precision) => {
        if (precision === 'int8' && !hasIntegerProducts()) return;
        for (const [i, mask] of (await masks({ precision })).entries())
          expect(dice(mask, float32[i])).toBeGreaterThan(1 - HALF_A_POINT);
      },
      120_000,
    );

    test('as onnxruntime saves it, extended optimisations applied', async () => {
      const path = join(folder, 'extended.onnx');
      const options = {
        graphOptimizationLevel: 'extended',
        optimizedModelFilePath: path,
        logSeverityLevel: 4,
      } as const;
      await (await InferenceSession.create(realModel, options)).release();
      expect(existsSync(path)).toBe(true);
      for (const [i, mask] of (await masks({ file: path })).entries())
        expect(dice(mask, float32[i])).toBeGreaterThan(1 - HALF_A_POINT);
    }, 120_000);
  },
);

/** The mean Dice of equal ids. */
function dice(a: Uint32Array, b: Uint32Array): number {
  const ids = [...new Set(b)];
  const each = ids.map((id) => {
    let [both, all] = [0, 0];
    for (let i = 0; i < b.length; i++) {
      both += a[i] === id && b[i] === id ? 1 : 0;
      all += (a[i] === id ? 1 : 0) + (b[i] === id ? 1 : 0);
    }
    return (2 * both) / all;
  });
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}

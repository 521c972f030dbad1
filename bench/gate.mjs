// node bench/gate.mjs [--limit IMAGES a set] [--random A.onnx,B.onnx] [--json FILE]: what a comparison of two builds says of
// changes of the backbone, on ../shared/data: of sensible ones, and of random weights. The gate's defaults come from here.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPrecision } from '@saltworks/backbone/precision/precision';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { compareMasks } from '@saltworks/core/builds/compare-masks';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys, encodeKeys } from '@saltworks/core/formats/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { overlaps } from '@saltworks/core/metrics/overlaps';
import { solveOptions } from '@saltworks/core/options';
import { heldPixels } from '@saltworks/core/refine/held';
import { seedNodes } from '@saltworks/core/seeds/seeds';
import { env } from '../scripts/setup.mjs';
import { haveData, load, sets } from './data.mjs';

function flags(args) {
  const out = {
    limit: 16,
    random: ['../shared/onnx/dinov2_hf_sdpa_tsdyn.onnx', '../shared/onnx/dino_s8_repo_ts.onnx'],
  };
  for (let i = 0; i < args.length; i += 2) {
    const [flag, value = ''] = [args[i], args[i + 1]];
    if (flag === '--limit' && Number(value) > 0) out.limit = Number(value);
    else if (flag === '--random' && value) out.random = value.split(',');
    else if (flag === '--json' && value) out.json = value;
    else {
      console.error(`gate: ${flag} ${value}; expected --limit IMAGES a set, --random FILES or --json FILE`);
      process.exit(2);
    }
  }
  return out;
}

const { limit, random, json } = flags(process.argv.slice(2));
if (!haveData) {
  console.log('gate: skipped, there is no ../shared/data');
  process.exit(0);
}
const home = env.SALTWORKS_HOME;
const scratch = mkdtempSync(join(tmpdir(), 'saltworks-gate-'));
const own = await resolveBackbone('dinov2-small-focus', { home });
const int8 = join(scratch, 'int8.onnx');
writeFileSync(int8, inPrecision(readFileSync(own.path), 'int8'));

/** Each from the build of before: the backbone's own layer, float16, `best`. */
const variants = {
  before: {},
  'layer 10': { layer: 10 },
  'layer 9': { layer: 9 },
  'int8 model': { file: int8 },
  'keys as pca-64': { codec: 'pca-64' },
  ...Object.fromEntries(random.map((file) => [`random ${file.split('/').at(-1)}`, { file }])),
};
const opened = new Map();
async function sessionOf({ file, layer }) {
  const name = `${file ?? ''}/${layer ?? ''}`;
  if (!opened.has(name)) {
    const spec = file ? await resolveBackbone(file, { home }) : own;
    opened.set(name, { spec, session: await openSession(spec, { facet: 'key', layer }) });
  }
  return opened.get(name);
}

/** Evenly over the list. */
const chosen = (names) =>
  names.filter((_, i) => i % Math.max(1, Math.floor(names.length / limit)) === 0).slice(0, limit);
const figures = {};
for (const [set, names] of Object.entries(sets)) {
  const rows = Object.fromEntries(
    Object.keys(variants).map((name) => [name, { changed: [], iou: [], truth: [], pixels: [] }]),
  );
  for (const [i, name] of chosen(names).entries()) {
    const { image, truth, ignore, raster } = await load(name);
    let reference;
    for (const [title, variant] of Object.entries(variants)) {
      const { spec, session } = await sessionOf(variant);
      const options = solveOptions(variant.preset ?? 'best', spec);
      const raw = await session.extract(image);
      const origin = {
        backbone: 'x',
        layer: 0,
        facet: 'key',
        image: { width: image.width, height: image.height },
        imageSha256: '',
      };
      const { keys } = decodeKeys(encodeKeys(raw, origin, variant.codec ?? 'float16'));
      const solver = openFast(image, keys, options);
      const mask = solver.refine(solver.solve(seedNodes(raster, 2 * keys.h, 2 * keys.w)), heldPixels(raster, options));
      reference ??= mask;
      const names = new Map();
      const { changed, iou, pixels } = compareMasks(
        { mask: reference, categories: names },
        { mask, categories: names },
      );
      const row = rows[title];
      row.changed.push(changed);
      row.iou.push(iou);
      row.pixels.push(pixels);
      // As `agreement` counts: a mean over all segments of an image.
      row.truth.push(
        mean(
          overlaps(mask, truth, ignore)
            .filter(({ id }) => set === 'icg' || id > 0)
            .map(({ iou }) => iou),
        ),
      );
    }
    process.stderr.write(`\r${set} ${i + 1} `);
  }
  figures[set] = Object.fromEntries(
    Object.entries(rows).map(([title, { changed, iou, truth, pixels }]) => {
      const all = pixels.reduce((sum, n) => sum + n, 0);
      const shares = changed.toSorted((a, b) => a - b);
      return [
        title,
        {
          known: mean(truth),
          fell: mean(rows.before.truth) - mean(truth),
          share: changed.reduce((sum, share, i) => sum + share * pixels[i], 0) / all,
          iou: mean(iou),
          most: shares.at(-1),
          /** Images of which more than a quarter changed. */
          quarter: changed.filter((share) => share > 0.25).length / changed.length,
        },
      ];
    }),
  );
  console.log(`\n${set}, ${rows.before.truth.length} images`);
  console.log('| change | known mean IoU | fell | pixels changed | most of an image | segments alike (IoU) |');
  for (const [title, { known, fell, share, most, iou }] of Object.entries(figures[set])) {
    const percent = (value) => `${(100 * value).toFixed(2)} %`;
    console.log(
      `| ${title} | ${known.toFixed(4)} | ${fell.toFixed(4)} | ${percent(share)} | ${percent(most)} | ${iou.toFixed(4)} |`,
    );
  }
}
for (const { session } of opened.values()) await session.close();
rmSync(scratch, { recursive: true, force: true });
if (json) writeFileSync(json, `${JSON.stringify(figures, null, 1)}\n`);

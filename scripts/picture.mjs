// Makes docs/picture.jpg, the picture at the top of the README: image, scribbles and mask side by side.
// Run after `npm run demo`: node scripts/picture.mjs
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { resizeBicubic } from '@saltworks/core/image/image';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { namedColours } from '@saltworks/core/screen/colours';
import { overlayMask, overlayStrokes } from '@saltworks/core/screen/overlay';
import { rasterise } from '@saltworks/core/seeds/seeds';
import sharp from 'sharp';
import { root } from './setup.mjs';

const [height, gap] = [300, 8];
const shown = process.argv.slice(2);

const rows = [];
for (const file of shown) {
  const name = file.replace(/\.\w+$/, '');
  const image = await decodeImage(readFileSync(join(root, 'examples/images', file)));
  const scribbles = parseScribbles(readFileSync(join(root, 'examples/scribbles', `${name}.json`), 'utf8'));
  const mask = decodePanoptic(await decodeImage(readFileSync(join(root, 'out/panoptic', `${name}.png`))));
  const palette = namedColours(scribbles.segments);
  const bold = { ...scribbles, strokes: scribbles.strokes.map((stroke) => ({ ...stroke, radius: stroke.radius + 1 })) };
  const panels = [image, overlayStrokes(image, rasterise(bold), palette), overlayMask(image, mask, palette)];
  rows.push(panels.map((panel) => resizeBicubic(panel, Math.round((image.width * height) / image.height), height)));
}

const widths = rows.map((panels) => panels.reduce((sum, { width }) => sum + width + gap, -gap));
const layers = rows.flatMap((panels, row) => {
  let left = Math.round((Math.max(...widths) - widths[row]) / 2);
  return panels.map(({ data, width }) => {
    const layer = { input: Buffer.from(data), raw: { width, height, channels: 3 }, left, top: row * (height + gap) };
    left += width + gap;
    return layer;
  });
});
await sharp({
  create: { width: Math.max(...widths), height: rows.length * (height + gap) - gap, channels: 3, background: '#fff' },
})
  .composite(layers)
  .jpeg({ quality: 85 })
  .toFile(join(root, 'docs/picture.jpg'));

// npm run demo: the examples through the whole engine, from photographs and scribbles to masks.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setup } from './setup.mjs';

const unknown = process.argv.slice(2).find((flag) => flag !== '--exit');
if (unknown) {
  console.error(`npm run demo: ${unknown}; expected nothing or --exit`);
  process.exit(2);
}
setup();

// After set-up: these import what it built.
const { decodeImage, encodePng } = await import('@saltworks/backbone/decode');
const { decodePanoptic } = await import('@saltworks/core/mask');
const { colours, overlayMask } = await import('@saltworks/core/overlay');

const saltworks = (...args) => run(process.execPath, [join(root, 'saltworks'), ...args]);
console.log('\nThe examples, through Temporal, a worker and the object store:\n');
saltworks('dataset', 'import', 'examples/images', '--name', 'examples', '--scribbles', 'examples/scribbles');
saltworks('extract', 'examples');
saltworks('propagate', 'examples');
saltworks('dataset', 'export', 'examples', '--format', 'coco-panoptic', '--out', 'out');

const { images, annotations, categories } = JSON.parse(readFileSync(join(root, 'out/panoptic.json'), 'utf8'));
const named = new Map(categories.map(({ id, name }) => [id, name]));
mkdirSync(join(root, 'out/overlays'), { recursive: true });
console.log('\n| photograph | size | segments |\n| --- | --- | --- |');
for (const { id, file_name, width, height } of images) {
  const { file_name: png, segments_info } = annotations.find(({ image_id }) => image_id === id);
  const photograph = await decodeImage(readFileSync(join(root, 'examples/images', file_name)));
  const mask = decodePanoptic(await decodeImage(readFileSync(join(root, 'out/panoptic', png))));
  const overlay = overlayMask(photograph, mask, colours(segments_info.map((segment) => segment.id)));
  writeFileSync(join(root, 'out/overlays', png), await encodePng(overlay.data, { width, height, channels: 3 }));
  console.log(
    `| ${file_name} | ${width} × ${height} | ${segments_info.map(({ category_id }) => named.get(category_id)).join(', ')} |`,
  );
}
console.log(`
To look:  out/overlays/NAME.png
Masks:    out/panoptic/NAME.png and out/panoptic.json (COCO panoptic)

Your own: ./saltworks segment PHOTO.jpg --scribbles SCRIBBLES.json --out out`);

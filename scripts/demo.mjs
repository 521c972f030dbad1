// npm run demo: the examples, from photographs and scribbles to masks.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, run, setup } from './setup.mjs';

const unknown = process.argv.slice(2).find((flag) => flag !== '--exit');
if (unknown) {
  console.error(`npm run demo: ${unknown}; expected nothing or --exit`);
  process.exit(2);
}
setup();

const images = readdirSync(join(root, 'examples/images')).sort();
const out = join(root, 'out');
console.log(`\nSegmenting ${images.length} photographs from the scribbles in examples/scribbles …\n`);
run(process.execPath, [
  join(root, 'saltworks'),
  'segment',
  ...images.map((name) => join('examples/images', name)),
  '--scribbles',
  'examples/scribbles',
  '--out',
  'out',
]);
console.log(`
Masks:     ${relative(root, out)}/NAME.panoptic.png (COCO panoptic) and NAME.panoptic.json
To look:   ${relative(root, out)}/NAME.overlay.png

Try your own:  ./saltworks segment PHOTO.jpg --scribbles SCRIBBLES.json --out out`);

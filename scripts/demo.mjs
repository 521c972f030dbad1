// npm run demo: takes the examples through the whole engine, from images and scribbles to masks, then as a campaign.
import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, root, run, setup } from './setup.mjs';

const unknown = process.argv.slice(2).find((flag) => flag !== '--exit');
if (unknown) {
  console.error(`npm run demo: ${unknown}; expected nothing or --exit`);
  process.exit(2);
}
setup();

// Imported after set-up, which builds them.
const { decodeImage, encodePng } = await import('@saltworks/backbone/image/decode');
const { findStack } = await import('@saltworks/cli/stack/supervisor');
const { namedColours } = await import('@saltworks/core/screen/colours');
const { decodePanoptic } = await import('@saltworks/core/mask/mask');
const { overlayMask } = await import('@saltworks/core/screen/overlay');

const command = join(root, 'saltworks');
const saltworks = (...args) => run(process.execPath, [command, ...args]);
function answer(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { env, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  process.stderr.write(stderr);
  process.exit(status ?? 1);
}

/** One stack for all steps: a running one, or one that ends with this process. Its output goes to a file. */
const log = join(env.SALTWORKS_HOME, 'demo.log');
const own = (await findStack(env.SALTWORKS_HOME)) ? undefined : startStack();
if (own) await isThere();

function startStack() {
  console.log('\nStarting Temporal, the server with its database, and a worker …');
  mkdirSync(env.SALTWORKS_HOME, { recursive: true });
  const file = openSync(log, 'w', 0o600);
  const child = fork(command, ['up'], { env, stdio: ['ignore', file, file, 'ipc'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // Ctrl-C reaches it, too: this process only waits until all of it has stopped.
  process.on('SIGINT', () => ended.then(() => process.exit(0)));
  process.on('SIGTERM', () => child.disconnect());
  return { child, ended };
}

async function isThere() {
  while (!(await findStack(env.SALTWORKS_HOME))) {
    const gone = await Promise.race([own.ended.then(() => true), new Promise((again) => setTimeout(again, 50))]);
    if (!gone) continue;
    process.stderr.write(readFileSync(log));
    process.exit(1);
  }
}

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
  const overlay = overlayMask(
    photograph,
    mask,
    namedColours(segments_info.map(({ id, category_id }) => ({ id, category: named.get(category_id) }))),
  );
  writeFileSync(join(root, 'out/overlays', png), await encodePng(overlay.data, { width, height, channels: 3 }));
  console.log(
    `| ${file_name} | ${width} × ${height} | ${segments_info.map(({ category_id }) => named.get(category_id)).join(', ')} |`,
  );
}
console.log(`
To look:  out/overlays/NAME.png
Masks:    out/panoptic/NAME.png and out/panoptic.json (COCO panoptic)

Your own: ./saltworks segment PHOTO.jpg --scribbles SCRIBBLES.json --out out
`);

const campaigns = answer('campaign', 'ls', '--json')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
if (!campaigns.some(({ id }) => id === 'examples')) {
  const labels = join(root, 'out/labels.json');
  writeFileSync(labels, JSON.stringify(categories.map(({ name, isthing }) => ({ name, isthing: isthing === 1 }))));
  const what = ['--dataset', 'examples', '--categories', labels, '--name', 'The examples'];
  answer('campaign', 'create', 'examples', ...what, '--wait');
}
console.log('The same photographs as a campaign, for people to annotate:\n');
saltworks('campaign', 'status', 'examples');
const { url } = await findStack(env.SALTWORKS_HOME);
const page = await fetch(url).then(({ headers }) => headers.get('content-type')?.includes('text/html'));
console.log(`
Address:  ${url}
Sign in:  ${answer('account', 'link')}
          (once, within ten minutes; another one: ./saltworks account link)`);
if (!page) console.log(`          There is no page yet: the link signs you in, and ${url}/api/me says who you are.`);

if (own) {
  if (process.argv.includes('--exit')) own.child.disconnect();
  else console.log('\nServing until Ctrl-C.');
  await own.ended;
  process.exit(0);
}
console.log(`\nServed by the stack that runs on ${env.SALTWORKS_HOME}.`);

// Datasets, by the command: import, extract, propagate, exports in every format, listings; and every object of the store.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesBelow, outcomeText, setTimes } from './checkout.mjs';
import { exportNames } from './placeholders.mjs';

const commands = [
  '',
  'segment',
  'backbone',
  'backbone pull',
  'dataset',
  'dataset import',
  'dataset ls',
  'dataset export',
  'extract',
  'propagate',
  'campaign',
  ...['create', 'ls', 'status', 'prepare', 'set', 'skipped', 'assign', 'members'].map((name) => `campaign ${name}`),
  ...['agreement', 'effort', 'consensus', 'export'].map((name) => `campaign ${name}`),
  ...['account', 'account ls', 'account link', 'account key', 'audit', 'audit verify', 'up', 'server', 'worker'],
];

/** Needs a running stack. @param data folder of the evaluation images, undefined without them */
export async function dataset(checkout, { examples, data }) {
  const { run, scratch, home, placeholders } = checkout;
  placeholders.pattern(...exportNames);
  const seen = new Map();
  const observe = async (...args) => {
    const outcome = await run(...args);
    seen.set(`${seen.size} saltworks ${args.join(' ')}`, outcomeText(outcome, placeholders));
    return outcome;
  };

  for (const command of commands) await observe(...command.split(' ').filter(Boolean), '--help');
  layOut(scratch, examples, data);
  const folders = ['folder', 'strokes', 'coco'].map((name) => join(scratch, name));
  setTimes(...folders);

  await observe('dataset', 'import', 'folder', '--name', 'folder', '--scribbles', 'strokes', '--json');
  await observe('dataset', 'import', 'folder', '--name', 'folder', '--scribbles', 'strokes');
  await observe('dataset', 'import', 'coco/instances.json', '--name', 'instances', '--images', 'folder');
  if (data) {
    const flags = ['--name', 'panoptic', '--images', 'coco/images', '--scribbles', 'coco/strokes'];
    await observe('dataset', 'import', 'coco/panoptic.json', ...flags, '--json');
    await observe('dataset', 'import', 'coco/panoptic.json', ...flags);
  }
  // A known name with other bytes, and a list of classes.
  copyFileSync(join(scratch, 'folder/chelsea.png'), join(scratch, 'folder/twin.png'));
  copyFileSync(join(scratch, 'folder/coffee.jpg'), join(scratch, 'folder/changing.jpg'));
  setTimes(...folders);
  await observe('dataset', 'import', 'folder', '--name', 'folder', '--categories', 'classes.json');

  const names = ['folder', 'instances', ...(data ? ['panoptic'] : [])];
  for (const name of names) {
    await observe('extract', name, '--json');
    await observe('propagate', name, '--json');
  }
  await observe('extract', 'folder');
  await observe('extract', 'folder', '--layer', '6', '--facet', 'query', '--long-side', '308', '--json');
  await observe('propagate', 'folder', '--preset', 'paper');
  await observe('propagate', 'folder', '--strokes', 'tolerate', '--json');
  await observe('propagate', 'folder');

  const { stdout } = await run('dataset', 'export', '--help');
  const [, choices] = /--format <name>[^(]*\(choices: ([^)]*)\)/s.exec(stdout) ?? [];
  const formats = [...(choices ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  if (formats.length === 0) throw new Error('no formats in the help of dataset export; expected their list');
  for (const name of names) {
    for (const format of formats) {
      const out = join('exported', name, format);
      await observe('dataset', 'export', name, '--format', format, '--out', out, '--json');
      for (const [file, content] of filesBelow(join(scratch, out), placeholders))
        seen.set(join(out, file), placeholders.apply(content));
    }
  }
  await observe('dataset', 'export', 'folder', '--format', formats[0], '--out', 'exported/text');
  await observe('dataset', 'export', 'folder', '--preset', 'paper', '--format', formats[0], '--out', 'exported/paper');
  for (const [file, content] of filesBelow(join(scratch, 'exported/paper'), placeholders))
    seen.set(join('exported/paper', file), content);

  await observe('dataset', 'ls');
  await observe('dataset', 'ls', '--json');
  for (const name of names) {
    for (const flag of ['--failed', '--duplicates']) {
      await observe('dataset', 'ls', name, flag);
      await observe('dataset', 'ls', name, flag, '--json');
    }
  }
  for (const refused of [
    ['dataset', 'ls', 'none'],
    ['dataset', 'import', 'nowhere', '--name', 'folder'],
    ['dataset', 'import', 'folder', '--name', 'No Name'],
    ['dataset', 'import', 'strokes', '--name', 'empty'],
    ['dataset', 'import', 'classes.json', '--name', 'other'],
    ['dataset', 'export', 'none', '--format', formats[0], '--out', 'exported/none'],
    ['dataset', 'export', 'folder', '--format', 'none', '--out', 'exported/none'],
    ['extract', 'none'],
    ['extract', 'folder', '--backbone', 'nobody-knows'],
    ['extract', 'folder', '--layer', '99', '--json', '--attempts', '1'],
    ['propagate', 'none'],
    ['nonsense'],
  ])
    await observe(...refused);

  for (const [key, content] of filesBelow(join(home, 'objects'), placeholders)) seen.set(`object ${key}`, content);
  return seen;
}

/** Folders like those that people have: images with and without scribbles, a broken image, a text; COCO documents. */
function layOut(scratch, examples, data) {
  const at = (...parts) => join(scratch, ...parts);
  const copy = (from, to) => {
    mkdirSync(join(to, '..'), { recursive: true });
    copyFileSync(from, to);
  };
  for (const name of readdirSync(examples.images)) copy(join(examples.images, name), at('folder', name));
  for (const name of readdirSync(examples.scribbles)) copy(join(examples.scribbles, name), at('strokes', name));
  copy(join(examples.images, 'china.jpg'), at('folder/sub/nested.jpg'));
  copy(join(examples.images, 'flower.jpg'), at('folder/changing.jpg'));
  writeFileSync(at('folder/broken.jpg'), readFileSync(join(examples.images, 'coffee.jpg')).subarray(0, 20_000));
  writeFileSync(at('folder/notes.txt'), 'no picture');
  writeFileSync(at('strokes/broken.json'), '{}');
  writeFileSync(at('classes.json'), JSON.stringify([{ id: 7, name: 'cup', isthing: true }]));
  mkdirSync(at('coco'), { recursive: true });
  writeFileSync(at('coco/instances.json'), JSON.stringify(instances));
  if (!data) return;
  const { images, annotations, ...document } = JSON.parse(readFileSync(join(data, 'panoptic.json'), 'utf8'));
  const stem = (name) => basename(name).replace(/\.\w+$/, '');
  const drawn = images.filter(({ file_name }) =>
    existsSync(join(data, 'scribbles_simulated', `${stem(file_name)}.json`)),
  );
  const [chosen, kept] = [drawn.slice(0, 5), new Set(drawn.slice(0, 5).map(({ id }) => id))];
  for (const { file_name: name } of chosen) {
    copy(join(data, 'images', name), at('coco/images', name));
    copy(join(data, 'panoptic', `${stem(name)}.png`), at('coco/panoptic', `${stem(name)}.png`));
    copy(join(data, 'scribbles_simulated', `${stem(name)}.json`), at('coco/strokes', `${stem(name)}.json`));
  }
  const theirs = annotations.filter(({ image_id }) => kept.has(image_id));
  writeFileSync(at('coco/panoptic.json'), JSON.stringify({ ...document, images: chosen, annotations: theirs }));
}

/** Polygons, the run lengths of a crowd, a missing image. */
const instances = {
  images: [
    { id: 1, file_name: 'coffee.jpg', width: 600, height: 400 },
    { id: 2, file_name: 'astronaut.jpg', width: 512, height: 512 },
    { id: 3, file_name: 'absent.jpg', width: 10, height: 10 },
  ],
  categories: [
    { id: 1, name: 'cup', supercategory: 'kitchen' },
    { id: 5, name: 'person', supercategory: 'person' },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, iscrowd: 0, segmentation: [[200, 100, 400, 110, 390, 300, 210, 290]] },
    { id: 2, image_id: 2, category_id: 5, iscrowd: 0, segmentation: [[100, 100, 300, 100, 300, 500, 100, 500]] },
    {
      ...{ id: 3, image_id: 2, category_id: 5, iscrowd: 1 },
      segmentation: { size: [512, 512], counts: [200_000, 300, 212, 300, 61_332] },
    },
  ],
};

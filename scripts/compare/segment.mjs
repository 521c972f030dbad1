// `saltworks segment`: both presets, every graph, upsampling and refinement, on images with people's scribbles.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, outcomeText } from './checkout.mjs';

/** Options that each take another way through the method. */
const families = [
  ['--graph', 'rbf'],
  ['--graph', 'rbf', '--sigma', '0.4', '--alpha', '0.5'],
  ['--graph', 'similarity', '--tau', '0.6'],
  ['--graph', 'knn', '--neighbors', '12'],
  ['--graph', 'rbf', '--color-weight', '0.5'],
  ['--graph', 'walk', '--upsample', 'none'],
  ['--graph', 'rbf', '--upsample', 'overlap'],
  ['--upsample', 'overlap'],
  ['--refine', 'none'],
  ['--strokes', 'tolerate'],
  ['--layer', '6', '--facet', 'value'],
  ['--long-side', '308'],
  ['--preset', 'paper', '--upsample', 'none', '--refine', 'none'],
  ['--preset', 'paper', '--strokes', 'hold', '--seed', '7'],
  ['--preset', 'paper', '--graph', 'walk'],
];

const refused = [
  ['--sigma', '0.4', '--graph', 'walk'],
  ['--graph', 'nonsense'],
  ['--preset', 'worst'],
  ['--alpha', '1.5'],
  ['--backbone', 'nobody-knows'],
  ['--window', '9,1'],
];

/** @param options examples: folders of images and scribbles; data: folder of the evaluation images, undefined without them */
export async function segment(checkout, { examples, data, all }) {
  const { run, scratch, placeholders } = checkout;
  const seen = new Map();
  const observe = async (name, images, scribbles, ...flags) => {
    const out = join('segment', name.replaceAll(/\W+/g, '-'));
    const outcome = await run('segment', ...images, '--scribbles', scribbles, '--out', out, ...flags);
    seen.set(`${name}, printed`, outcomeText(outcome, placeholders));
    for (const [file, content] of filesBelow(join(scratch, out), placeholders)) seen.set(`${name}, ${file}`, content);
  };
  const pictures = readdirSync(examples.images)
    .sort()
    .map((name) => join(examples.images, name));
  const few = data ? ['icg_0021', 'icg_0024'].map((name) => join(data, 'images', `${name}.jpg`)) : pictures.slice(0, 2);
  const drawn = data ? join(data, 'scribbles') : examples.scribbles;

  for (const preset of ['best', 'paper'])
    await observe(`examples, ${preset}`, pictures, examples.scribbles, '--preset', preset, '--patch', '--json');
  for (const flags of families) await observe(flags.join(' '), few, drawn, ...flags, '--patch', '--json');
  for (const flags of refused) await observe(flags.join(' '), few.slice(0, 1), drawn, ...flags);
  await observe('text', few.slice(0, 1), drawn);
  await observe('images without scribbles', few, join(examples.images, '..'), '--json');
  if (!data) return seen;

  const stems = (folder, ending) =>
    readdirSync(join(data, folder))
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length))
      .sort();
  const sets = [
    ['people', 'scribbles', stems('scribbles', '.png'), 6],
    ['simulated', 'scribbles_simulated', stems('scribbles_simulated', '.json'), 12],
  ];
  for (const [name, folder, names, every] of sets) {
    for (const preset of ['best', 'paper']) {
      const chosen = names.filter((_, i) => all || i % every === (preset === 'best' ? 0 : 1));
      const images = chosen.map((stem) => join(data, 'images', `${stem}.jpg`));
      await observe(`${name}, ${preset}`, images, join(data, folder), '--preset', preset, '--json');
    }
  }
  return seen;
}

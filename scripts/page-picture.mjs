// Makes docs/page.webp, the README's animation: the examples' scribbles drawn by hand on the real page, over the real
// stack. Run after `npm run setup`, with a Chromium: node scripts/page-picture.mjs
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import sharp from 'sharp';
import { invite, startStack } from '../bench/stack.mjs';
import { chromium, launch, signInBy } from './chromium.mjs';
import { root } from './setup.mjs';

const name = 'coffee';
const screen = { width: 1000, height: 620 };
const shownWidth = 800;
const scribbles = parseScribbles(readFileSync(join(root, `examples/scribbles/${name}.json`), 'utf8'));
const palette = ['#e69f00', '#0072b2', '#009e73'];

const folder = mkdtempSync(join(tmpdir(), 'saltworks-picture-'));
const stack = await startStack();
try {
  copyFileSync(join(root, `examples/images/${name}.jpg`), join(folder, `${name}.jpg`));
  stack.run('dataset', 'import', folder, '--name', name);
  const categories = scribbles.segments.map(({ id, category, isthing }, i) => ({
    ...{ id, name: category, isthing },
    colour: palette[i % palette.length],
  }));
  await stack.admin('POST', '/api/campaigns', { id: name, name: 'Breakfast', dataset: name, categories });
  while (!(await stack.admin('GET', `/api/campaigns/${name}/progress`)).filled) await pause(300);
  const browser = await launch(chromium());
  try {
    await film(browser);
  } finally {
    await browser.close();
  }
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function film(browser) {
  const context = await browser.newContext({ viewport: screen, colorScheme: 'light' });
  const page = await context.newPage();
  const { link } = await invite(stack, name, 'Ann', 'annotator');
  await signInBy(page, link);
  await page.goto(`${stack.url}/campaigns/${name}/annotate`);
  await page.locator('.stage[aria-busy=false]').waitFor();
  await page.getByText('Opening the picture…').waitFor({ state: 'detached' });

  const frames = [];
  const shoot = async (ms) => {
    const png = await page.screenshot();
    frames.push({ picture: await sharp(png).resize(shownWidth).png().toBuffer(), ms });
  };
  const place = await imageOnScreen(page);
  const draw = async ({ points }) => {
    await page.mouse.move(...place(points[0]));
    await page.mouse.down();
    for (const [i, point] of points.slice(1).entries()) {
      await page.mouse.move(...place(point), { steps: 6 });
      if (i % 2 === 0) await shoot(120);
    }
    await page.mouse.up();
    // However busy the machine is, the picture shows what the strokes have done.
    await page.locator('.saved', { hasText: /^Saved$/ }).waitFor();
    await page.locator('.status', { hasText: /^(Mask up to date|Draw on|Nothing but background)/ }).waitFor();
    await pause(450);
    await shoot(350);
  };

  await page.keyboard.press('Escape');
  await shoot(900);
  const known = new Set([0]);
  for (const stroke of inTurns(scribbles.strokes)) {
    const { segment } = stroke;
    const { category } = scribbles.segments.find((one) => one.id === segment) ?? {};
    if (known.has(segment)) await page.keyboard.press(String([...known].indexOf(segment)));
    else await page.getByRole('button', { name: `${category} +` }).click();
    known.add(segment);
    await draw(stroke);
  }
  await page.mouse.move(4, screen.height - 4);
  await pause(1500);
  await page.keyboard.press('s');
  await shoot(2500);
  await sharp(
    frames.map(({ picture }) => picture),
    { join: { animated: true } },
  )
    .webp({ quality: 62, effort: 6, delay: frames.map(({ ms }) => ms), loop: 0 })
    .toFile(join(root, 'docs/page.webp'));
  console.log(`docs/page.webp: ${frames.length} frames`);
}

/** The first stroke of every segment, then the second ones; a few are enough to show the idea. */
function inTurns(strokes) {
  const seen = new Map();
  const numbered = strokes.map((stroke) => {
    const turn = seen.get(stroke.segment) ?? 0;
    seen.set(stroke.segment, turn + 1);
    // The background comes last in its turn: annotators draw things first.
    return { stroke, turn, rank: stroke.segment === 0 ? Number.POSITIVE_INFINITY : stroke.segment };
  });
  return numbered
    .filter(({ turn }) => turn < 3)
    .sort((a, b) => a.turn - b.turn || a.rank - b.rank)
    .map(({ stroke }) => stroke);
}

/** From pixels of the image to those of the page: the whole image is centred on its stage, with a margin. */
async function imageOnScreen(page) {
  const stage = await page.locator('.stage').boundingBox();
  const { width, height } = scribbles.image;
  const margin = 16;
  const scale = Math.min((stage.width - 2 * margin) / width, (stage.height - 2 * margin) / height);
  const left = stage.x + (stage.width - scale * width) / 2;
  const top = stage.y + (stage.height - scale * height) / 2;
  return ([x, y]) => [left + scale * (x + 0.5), top + scale * (y + 0.5)];
}

function pause(ms) {
  return new Promise((resume) => setTimeout(resume, ms));
}

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/image/decode';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import sharp, { type Sharp } from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { disc, height, scribblesFor, width } from './pictures.ts';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-e2e-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const folder = (name: string) => {
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
};

const examples = join(root, 'examples/images');
const exampleScribbles = join(root, 'examples/scribbles');

const picture = disc(60, 56, 36);
const scribbles = {
  ...scribblesFor(60, 56),
  strokes: [
    {
      segment: 7,
      points: [
        [50, 50],
        [70, 62],
      ],
      radius: 3,
    },
    {
      segment: 0,
      points: [
        [120, 10],
        [140, 100],
      ],
      radius: 3,
    },
    {
      segment: 0,
      points: [
        [6, 6],
        [6, 100],
      ],
      radius: 3,
    },
  ],
};
const small = ['--long-side', '154'];

const write = (path: string, content: Uint8Array | string | object) => {
  const raw = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, raw ? content : JSON.stringify(content));
  return path;
};
const discFile = async (name: string) => write(join(scratch, name), await picture.clone().png().toBuffer());
const scribbleFile = write(join(scratch, 'scribbles.json'), scribbles);

/** The segment id of every pixel of a panoptic PNG. */
async function maskOf(out: string, name: string) {
  const mask = decodePanoptic(await decodeImage(readFileSync(join(out, `${name}.panoptic.png`))));
  return { ...mask, at: (x: number, y: number) => mask.ids[y * mask.width + x] };
}

describe('the examples', () => {
  const out = join(scratch, 'examples-out');
  test('become masks whose PNG and JSON agree', async () => {
    const images = readdirSync(examples).map((name) => join(examples, name));
    expect(images.length).toBeGreaterThanOrEqual(6);
    const { status, stdout, stderr } = await saltworks([
      'segment',
      ...images,
      ...['--scribbles', exampleScribbles, '--out', out, '--patch', '--json'],
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ images: images.length, done: images.length, failed: 0 });
    // One process, images of about 640 × 480: the bound on memory.
    expect(lines.at(-1).peak_memory_bytes).toBeLessThan(1.5e9);
    expect(readdirSync(out)).toHaveLength(4 * images.length);

    for (const line of lines.slice(0, -1)) {
      expect(Object.keys(line.timings).sort()).toEqual(
        ['decode', 'graph', 'keys', 'refine', 'seeds', 'spread', 'total', 'write'].sort(),
      );
      const document = JSON.parse(readFileSync(join(out, `${line.name}.panoptic.json`), 'utf8'));
      const { ids, ...size } = await maskOf(out, line.name);
      expect(document.image).toMatchObject({ width: size.width, height: size.height });
      const areas = new Map<number, number>();
      for (const id of ids) areas.set(id, (areas.get(id) ?? 0) + 1);
      areas.delete(0);
      const listed = document.segments_info.map(({ id, area }: { id: number; area: number }) => [id, area]);
      expect(new Map(listed)).toEqual(areas);
      expect(line.segments).toBe(areas.size);
      for (const { category_id, bbox } of document.segments_info) {
        expect(document.categories.map(({ id }: { id: number }) => id)).toContain(category_id);
        expect(bbox[0] + bbox[2]).toBeLessThanOrEqual(size.width);
      }
      const patch = await sharp(readFileSync(join(out, `${line.name}.patch.png`))).metadata();
      expect([patch.width, patch.height]).toEqual([document.nodes.width, document.nodes.height]);
      expect(patch.channels).toBe(1);
    }
  });

  test('give the same bytes when run again, and each alone', async () => {
    const again = join(scratch, 'examples-again');
    const image = readdirSync(examples).sort()[1];
    const name = image.replace(/\.\w+$/, '');
    const own = readdirSync(exampleScribbles).find((file) => file.startsWith(`${name}.`))!;
    const { status } = await saltworks([
      'segment',
      join(examples, image),
      ...['--scribbles', join(exampleScribbles, own), '--out', again],
    ]);
    expect(status).toBe(0);
    expect(readFileSync(join(again, `${name}.panoptic.png`))).toEqual(readFileSync(join(out, `${name}.panoptic.png`)));
  });
});

describe('segments appear where strokes are', () => {
  test.each([
    ['best', []],
    ['paper', ['--preset', 'paper']],
    ['no CRF', ['--refine', 'none']],
    ['queries of layer 3', ['--layer', '3', '--facet', 'query']],
    ['knn', ['--graph', 'knn', '--neighbors', '12', '--alpha', '0.9']],
    ['similarity', ['--graph', 'similarity', '--tau', '0.85']],
    ['rbf', ['--graph', 'rbf']],
    ['colour', ['--color-weight', '0.1']],
    ['overlapping patches', ['--upsample', 'overlap']],
    ['no upsampling', ['--upsample', 'none']],
    ['noisy strokes', ['--strokes', 'tolerate']],
  ])('%s', async (name, flags) => {
    const image = await discFile('disc.png');
    const out = join(scratch, name.replaceAll(' ', '-'));
    const { status, stderr } = await saltworks([
      'segment',
      image,
      '--scribbles',
      scribbleFile,
      '--out',
      out,
      ...small,
      ...flags,
    ]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { at } = await maskOf(out, 'disc');
    expect([at(60, 56), at(140, 60), at(8, 50)]).toEqual([7, 0, 0]);
    const { parameters } = JSON.parse(readFileSync(join(out, 'disc.panoptic.json'), 'utf8'));
    expect(parameters.preset).toBe(name === 'paper' ? 'paper' : 'best');
    expect(parameters.strokes).toBe(name === 'paper' || name === 'noisy strokes' ? 'tolerate' : 'hold');
  });

  test('a scribble PNG gives the same mask as the document', async () => {
    const image = await discFile('two-forms.png');
    const marks = new Uint8Array(width * height);
    for (const [y, x0, x1, id] of [
      [56, 40, 80, 7],
      [10, 110, 145, 2],
      [104, 5, 145, 2],
    ]) {
      marks.fill(id, y * width + x0, y * width + x1);
    }
    const png = write(join(scratch, 'two-forms.scribbles.png'), await encodePng(marks, { width, height, channels: 1 }));
    const out = join(scratch, 'two-forms');
    expect((await saltworks(['segment', image, '--scribbles', png, '--out', out, ...small])).status).toBe(0);
    const { at, ids } = await maskOf(out, 'two-forms');
    expect([at(60, 56), at(140, 60)]).toEqual([7, 2]);
    expect(new Set(ids)).toEqual(new Set([2, 7]));
  });

  test('segment reads grey, CMYK, 16 bits, palette, alpha, WebP, GIF, TIFF and a photograph taken sideways', async () => {
    const images = folder('formats');
    const marks = folder('formats-scribbles');
    const variants: Record<string, Sharp> = {
      'grey.png': picture.clone().toColourspace('b-w').png(),
      'cmyk.jpg': picture.clone().toColourspace('cmyk').jpeg(),
      'deep.png': picture.clone().toColourspace('rgb16').png(),
      'palette.png': picture.clone().png({ palette: true, colours: 8 }),
      'alpha.png': picture.clone().ensureAlpha(1).png(),
      'web.webp': picture.clone().webp(),
      'old.gif': picture.clone().gif(),
      'print.tif': picture.clone().tiff(),
    };
    for (const [name, image] of Object.entries(variants)) write(join(images, name), await image.toBuffer());
    // Stored on its side; orientation 6 turns it by 90° clockwise.
    const lying = await sharp(await picture.clone().png().toBuffer())
      .rotate(-90)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    write(join(images, 'sideways.jpg'), lying);
    const files = readdirSync(images);
    for (const file of files) write(join(marks, `${file.replace(/\.\w+$/, '')}.json`), scribbles);
    const out = join(scratch, 'formats-out');
    const run = await saltworks([
      'segment',
      ...files.map((f) => join(images, f)),
      '--scribbles',
      marks,
      '--out',
      out,
      ...small,
    ]);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    for (const file of files) {
      const { at, ...mask } = await maskOf(out, file.replace(/\.\w+$/, ''));
      expect([mask.width, mask.height], file).toEqual([width, height]);
      expect([at(60, 56), at(140, 60)], file).toEqual([7, 0]);
    }
  });

  test('segment takes a camera image of twelve megapixels', async () => {
    const [w, h] = [4000, 3000];
    const image = write(
      join(scratch, 'camera.jpg'),
      await sharp(await picture.clone().png().toBuffer())
        .resize(w, h, { fit: 'fill' })
        .jpeg()
        .toBuffer(),
    );
    const scale = (x: number, y: number): [number, number] => [(x * w) / width, (y * h) / height];
    const large = {
      ...scribbles,
      image: { width: w, height: h },
      strokes: scribbles.strokes.map((s) => ({ ...s, radius: 60, points: s.points.map(([x, y]) => scale(x, y)) })),
    };
    const out = join(scratch, 'camera');
    const run = await saltworks([
      'segment',
      image,
      '--scribbles',
      write(join(scratch, 'camera.json'), large),
      '--out',
      out,
      '--json',
      ...small,
    ]);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout.trim().split('\n').at(-1)!).peak_memory_bytes).toBeLessThan(1.5e9);
    const { at, ids } = await maskOf(out, 'camera');
    expect([at(1560, 1500), at(3700, 1600)]).toEqual([7, 0]);
    const area = ids.reduce((sum, id) => sum + (id === 7 ? 1 : 0), 0) / (w * h);
    expect(area).toBeCloseTo((Math.PI * 36 ** 2) / (width * height), 1);
  });
});

test('an image with 12 of 16 bits, its 8-bit copy and a BMP give the same mask, each under its own name', async () => {
  const inputs = folder('twins');
  const jpeg = await picture.clone().jpeg({ quality: 100 }).toBuffer();
  const { data } = await decodeImage(jpeg);
  const deep = sharp(
    Uint16Array.from(data, (value) => 16 * value),
    { raw: { width, height, channels: 3 } },
  );
  // Together with the results' endings, almost as long as names may be.
  const x = 'x'.repeat(230);
  const files = { jpg: jpeg, png: await deep.toColourspace('rgb16').png().toBuffer(), bmp: bmpOf(data) };
  const images = Object.entries(files).map(([kind, bytes]) => write(join(inputs, `${x}.${kind}`), bytes));
  write(join(inputs, `${x}.json`), `\ufeff${JSON.stringify(scribbles)}`);
  const out = join(scratch, 'twins-out');
  const run = await saltworks(['segment', ...images, '--scribbles', inputs, '--out', out, ...small]);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  const expected = await maskOf(out, `${x}.jpg`);
  for (const name of [`${x}.png`, `${x}.bmp`]) {
    const { ids } = await maskOf(out, name);
    const other = ids.reduce((sum, id, i) => sum + (id === expected.ids[i] ? 0 : 1), 0);
    expect(other / ids.length, name).toBeLessThan(0.01);
  }
  const { parameters } = JSON.parse(readFileSync(join(out, `${x}.png.panoptic.json`), 'utf8'));
  expect(parameters.window).toHaveLength(2);
});

/** A BMP of 24 bits a pixel, rows from the bottom up. */
function bmpOf(data: Uint8Array): Uint8Array {
  const stride = 4 * Math.ceil((3 * width) / 4);
  const file = Buffer.alloc(54 + stride * height);
  file.write('BM');
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = data.subarray(3 * (y * width + x));
      file.set([blue, green, red], 54 + (height - 1 - y) * stride + 3 * x);
    }
  }
  return file;
}

describe('unusable input is refused in one line with exit code 2', () => {
  const refuse = async (args: string[], env?: Record<string, string>) => {
    const { status, stdout, stderr } = await saltworks(args, { env });
    expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
    expect(stderr).toMatch(/^saltworks: /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    return stderr.trim();
  };
  const out = join(scratch, 'refused');
  const segment = (image: string, marks: string, ...flags: string[]) =>
    refuse(['segment', image, '--scribbles', marks, '--out', out, ...flags]);

  test('images', async () => {
    const png = await picture.clone().png().toBuffer();
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    for (const [name, bytes, message] of [
      ['text.jpg', 'hello', /image/],
      ['empty.png', '', /0 bytes/],
      ['torn.png', png.subarray(0, png.length >> 1), /expected a whole JPEG/],
      ['torn.jpg', (await picture.clone().jpeg().toBuffer()).subarray(0, 900), /expected a whole JPEG/],
      ['vector.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', /image/],
      ['bomb.png', bomb, /60000 × 60000 pixels; expected at most 100000000/],
    ] as [string, Uint8Array | string, RegExp][]) {
      expect(await segment(write(join(scratch, name), bytes), scribbleFile), name).toMatch(message);
    }
    expect(await segment(join(scratch, 'nowhere.jpg'), scribbleFile)).toContain('no such file');
    expect(await segment(scratch, scribbleFile)).toContain('is a folder');
    expect(await segment(write(join(scratch, `${'x'.repeat(245)}.png`), png), scribbleFile)).toContain(
      'has 259 bytes; expected no more than the file system takes',
    );
  });

  test('scribbles', async () => {
    const image = await discFile('refused.png');
    const stroke = (changes: object) => ({
      ...scribbles,
      strokes: [...scribbles.strokes, { ...scribbles.strokes[0], ...changes }],
    });
    const png = (w: number, h: number) => encodePng(new Uint8Array(w * h), { width: w, height: h, channels: 1 });
    for (const [name, content, message] of [
      ['a.json', { ...scribbles, version: 9 }, 'version 9; expected 1'],
      ['b.json', { ...scribbles, image: { width: 5, height: 5 } }, 'expected '],
      ['c.json', stroke({ points: [[1e4, 5]] }), 'x is 10000; expected a number from -154 to 308'],
      ['d.json', JSON.stringify(stroke({ points: [['NaN', 5]] })).replace('"NaN"', 'NaN'), 'not JSON'],
      ['e.json', stroke({ points: [[null, 5]] }), 'x is null'],
      ['f.json', stroke({ segment: 3 }), 'segment 3, which is not defined'],
      ['g.json', { ...scribbles, strokes: [] }, 'no strokes'],
      ['h.json', { ...scribbles, strokes: [scribbles.strokes[0]] }, 'only label 7 is drawn'],
      ['i.json', { ...scribbles, image: { width: height, height: width }, strokes: [] }, 'no strokes'],
      [
        'j.png',
        await png(width, height - 1),
        `${width} × ${height - 1} pixels; expected the image's ${width} × ${height}`,
      ],
      ['k.png', await png(width, height), 'no strokes'],
      ['l.json', 'hello', 'not JSON'],
    ] as [string, Uint8Array | string | object, string][]) {
      expect(await segment(image, write(join(scratch, name), content)), name).toContain(message);
    }
    expect(await segment(image, join(scratch, 'nowhere.json'))).toContain('no such file');
    expect(await segment(image, folder('nothing-here'))).toContain(
      'no scribbles; expected refused.json or refused.png',
    );
  });

  test('backbones', async () => {
    const image = await discFile('backbones.png');
    expect(await segment(image, scribbleFile, '--backbone', 'resnet')).toContain(
      'resnet; expected a name from "saltworks backbone list"',
    );
    expect(await segment(image, scribbleFile, '--backbone', write(join(scratch, 'no.onnx'), 'hello'))).toContain(
      'no.onnx',
    );
    expect(await segment(image, scribbleFile, '--layer', '12')).toMatch(/12.*0.*11/);
    const home = folder('home');
    write(join(folder('home/models'), 'dinov2-small-focus.onnx'), 'something else');
    const changed = await refuse(['segment', image, '--scribbles', scribbleFile, '--out', out], {
      SALTWORKS_HOME: home,
    });
    expect(changed).toMatch(/[0-9a-f]{64}.*expected 198644e3/);
  });

  test('arguments', async () => {
    const image = await discFile('arguments.png');
    for (const [flags, message] of [
      [['--alpha', '1'], "'1' is invalid. Expected a number between 0 and 1"],
      [['--alpha', 'x'], 'Expected a number'],
      [['--preset', 'worst'], 'Allowed choices are paper, best'],
      [['--graph', 'walkabout'], 'Allowed choices'],
      [['--strokes', 'keep'], 'Allowed choices are hold, tolerate'],
      [['--long-side', '0'], 'Expected a whole number from 1'],
      [['--long-side', '6000'], 'expected at most 16384'],
      [['--tau', '0.5'], '--tau with --graph walk; expected --graph similarity'],
      [['--neighbors', '5'], '--neighbors with --graph walk'],
      [['--graph', 'rbf', '--neighbors', '5'], '--neighbors with --graph rbf'],
      [['--graph', 'walk', '--alpha', '0.5'], '--alpha with --graph walk; expected --graph rbf, similarity or knn'],
      [['--graph', 'walk', '--color-weight', '0.1'], '--color-weight with --graph walk; expected --graph rbf'],
      [['--preset', 'paper', '--graph', 'walk', '--sigma', '1'], '--sigma with --graph walk; expected --graph rbf'],
      [['--wrong'], "unknown option '--wrong'"],
    ] as [string[], string][]) {
      expect(await segment(image, scribbleFile, ...flags), flags.join(' ')).toContain(message);
    }
    expect(await refuse(['segment', image, '--scribbles', scribbleFile])).toContain("'--out <dir>'");
    expect(await refuse(['segment', image, image, '--scribbles', scratch, '--out', out])).toContain(
      'names that differ',
    );
    const second = await discFile('second.png');
    expect(await refuse(['segment', image, second, '--scribbles', scribbleFile, '--out', out])).toContain(
      'one scribble file for 2',
    );
    expect(await refuse(['segment', image, '--scribbles', scribbleFile, '--out', image])).toContain(
      'expected a folder',
    );
    expect(await refuse(['frobnicate'])).toContain("unknown command 'frobnicate'");
    expect(
      await refuse(['segment', image, '--scribbles', scribbleFile, '--out', out], { SALTWORKS_MAX_PIXELS: 'many' }),
    ).toContain('SALTWORKS_MAX_PIXELS=many');
    expect(
      await refuse(['segment', image, '--scribbles', scribbleFile, '--out', out], { SALTWORKS_MAX_PIXELS: '1000' }),
    ).toContain('expected at most 1000');
  });
});

describe('many images', () => {
  test('one bad image does not stop the others', async () => {
    const [a, c] = [await discFile('first.png'), await discFile('third.png')];
    const b = write(join(scratch, 'broken.png'), 'hello');
    const marks = folder('many');
    for (const image of [a, b, c]) write(join(marks, `${basename(image, '.png')}.json`), scribbles);
    const out = join(scratch, 'many-out');
    const { status, stdout, stderr } = await saltworks([
      'segment',
      a,
      b,
      c,
      '--scribbles',
      marks,
      '--out',
      out,
      '--json',
      ...small,
    ]);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^saltworks: .*broken\.png: /)]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.status)).toEqual(['done', 'failed', 'done', undefined]);
    expect(lines.at(-1)).toMatchObject({ images: 3, done: 2, failed: 1 });
    expect(readdirSync(out).sort()).toEqual(
      ['first', 'third'].flatMap((name) =>
        ['overlay.png', 'panoptic.json', 'panoptic.png'].map((kind) => `${name}.${kind}`),
      ),
    );
  });

  test('segment warns of strokes too small for the grid', async () => {
    const image = await discFile('tiny.png');
    const marks = write(join(scratch, 'tiny.json'), {
      ...scribbles,
      segments: [...scribbles.segments, { id: 8, category: 'speck', isthing: true }],
      strokes: [{ segment: 8, points: [[60, 56]], radius: 0 }, ...scribbles.strokes],
    });
    const out = join(scratch, 'tiny');
    const { status, stderr } = await saltworks(['segment', image, '--scribbles', marks, '--out', out, ...small]);
    expect(status).toBe(0);
    expect(stderr).toContain('segment 8 has no node of its own');
    expect(JSON.parse(readFileSync(join(out, 'tiny.panoptic.json'), 'utf8')).warnings).toHaveLength(1);
  });

  test('strokes of background alone make a mask of background alone', async () => {
    const marks = write(join(scratch, 'nothing.json'), {
      ...scribbles,
      segments: [],
      strokes: scribbles.strokes.slice(1),
    });
    const out = join(scratch, 'nothing');
    const image = await discFile('nothing.png');
    const list = ['--categories', 'cat,sky:stuff'];
    const run = await saltworks(['segment', image, '--scribbles', marks, '--out', out, '--patch', ...small, ...list]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect((await maskOf(out, 'nothing')).ids.every((id) => id === 0)).toBe(true);
    const document = JSON.parse(readFileSync(join(out, 'nothing.panoptic.json'), 'utf8'));
    expect(document).toMatchObject({ segments_info: [], warnings: [] });
    expect(document.categories).toEqual([
      { id: 1, name: 'cat', isthing: 1 },
      { id: 2, name: 'sky', isthing: 0 },
    ]);
  });

  test('Ctrl-C exits with 130 and leaves no partial file', async () => {
    const marks = folder('interrupted');
    const images = await Promise.all(Array.from({ length: 6 }, (_, i) => discFile(`stop${i}.png`)));
    for (let i = 0; i < 6; i++) write(join(marks, `stop${i}.json`), scribbles);
    const out = join(scratch, 'interrupted-out');
    let sent = false;
    const { status } = await saltworks(['segment', ...images, '--scribbles', marks, '--out', out], {
      onOutput: (text, kill) => {
        if (text.includes('stop0') && !sent) {
          sent = true;
          kill('SIGINT');
        }
      },
    });
    expect(status).toBe(130);
    const kinds = ['panoptic.png', 'panoptic.json', 'overlay.png'];
    for (const file of readdirSync(out))
      expect(
        kinds.some((kind) => file.endsWith(kind)),
        file,
      ).toBe(true);
  });
});

describe('the rest of the command', () => {
  test('--help explains every option and exits with 0', async () => {
    for (const args of [['--help'], ['segment', '--help'], ['backbone', '--help'], ['backbone', 'pull', '--help']]) {
      const { status, stdout } = await saltworks(args);
      expect(status).toBe(0);
      expect(stdout).toContain('Usage: saltworks');
    }
    const { stdout } = await saltworks(['segment', '--help']);
    for (const flag of [
      'preset',
      'backbone',
      'layer',
      'facet',
      'graph',
      'sigma',
      'tau',
      'neighbors',
      'color-weight',
      'alpha',
      'upsample',
      'refine',
      'strokes',
      'long-side',
      'seed',
      'patch',
      'json',
    ]) {
      expect(stdout).toContain(`--${flag}`);
    }
  });

  test('backbone list and pull tell which backbones are there', async () => {
    const list = await saltworks(['backbone', 'list', '--json']);
    expect(JSON.parse(list.stdout)[0]).toMatchObject({ name: 'dinov2-small-focus', pulled: true });
    const again = await saltworks(['backbone', 'pull', 'dinov2-small-focus']);
    expect(again).toMatchObject({ status: 0, stderr: '' });
    expect((await saltworks(['backbone', 'pull', 'resnet'])).status).toBe(2);
  });
});

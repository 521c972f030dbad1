import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasWorker, killer, mortalStacks } from './mortal-stack.ts';
import { objectsOf } from './objects.ts';
import { disc, pictureFolder } from './pictures.ts';
import { root, saltworks } from './saltworks.ts';

const { scratch, home, up } = mortalStacks('engine');
/** Workers beside a stack's own. */
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

const small = ['--long-side', '154'];
const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!);

describe('a dataset from import to masks', () => {
  const { env, objects } = home('plain');
  const folder = join(scratch, 'plain-source');

  test('imports each image once, and later only new images', async () => {
    const { images } = await pictureFolder(folder, 20);
    writeFileSync(join(images, 'same-as-3.png'), readFileSync(join(images, 'disc-0003.png')));
    writeFileSync(join(images, 'zero.png'), '');
    writeFileSync(join(images, 'text.jpg'), 'hello');
    const bomb = await disc(60, 50, 20).png().toBuffer();
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    writeFileSync(join(images, 'bomb.png'), bomb);
    writeFileSync(join(images, 'vanishing.png'), await disc(40, 40, 30, 77).png().toBuffer());
    writeFileSync(join(images, 'notes.txt'), 'no image');

    const run = () =>
      saltworks(['dataset', 'import', images, '--name', 'discs', '--scribbles', join(folder, 'scribbles'), '--json'], {
        env,
      });
    expect(last((await run()).stdout)).toMatchObject({
      images: 24,
      added: 24,
      unchanged: 0,
      duplicates: 1,
      scribbles: 20,
    });
    expect(last((await run()).stdout)).toMatchObject({ images: 24, added: 0, unchanged: 24, duplicates: 1 });
    writeFileSync(join(images, 'new.png'), await disc(44, 44, 31, 78).png().toBuffer());
    expect(last((await run()).stdout)).toMatchObject({ images: 25, added: 1, unchanged: 24 });
    const twins = await saltworks(['dataset', 'ls', 'discs', '--duplicates', '--json'], { env });
    expect(last(twins.stdout)).toEqual({ name: 'same-as-3.png', same_as: 'disc-0003.png', exported: false });
  });

  test('extracts readable images and lists the others with reasons', async () => {
    const manifest = readFileSync(join(objects, 'datasets/discs/images/000000001.jsonl'), 'utf8');
    const vanishing = manifest.split('\n').find((line) => line.includes('vanishing'))!;
    unlinkSync(join(objects, JSON.parse(vanishing).object));
    const { status, stdout } = await saltworks(['extract', 'discs', ...small, '--json'], { env });
    expect(status).toBe(0);
    expect(last(stdout)).toMatchObject({ images: 25, done: 21, cached: 0, failed: 4 });

    const failed = await saltworks(['dataset', 'ls', 'discs', '--failed'], { env });
    for (const pattern of [
      /zero\.png: 0 bytes/,
      /text\.jpg: .*expected/,
      /bomb\.png: 60000 × 60000 pixels/,
      /vanishing\.png: no object/,
    ]) {
      expect(failed.stdout).toMatch(pattern);
    }
    expect(failed.stdout.trim().split('\n')).toHaveLength(4);
  });

  test('a second run computes nothing; a new image costs one inference', async () => {
    expect(last((await saltworks(['extract', 'discs', ...small, '--json'], { env })).stdout)).toMatchObject({
      done: 0,
      cached: 21,
      failed: 4,
    });
    writeFileSync(join(folder, 'images/newest.png'), await disc(48, 48, 32, 79).png().toBuffer());
    await saltworks(['dataset', 'import', join(folder, 'images'), '--name', 'discs'], { env });
    expect(last((await saltworks(['extract', 'discs', ...small, '--json'], { env })).stdout)).toMatchObject({
      images: 26,
      done: 1,
      cached: 21,
    });
  });

  test('propagate makes the same masks as segment', async () => {
    const run = await saltworks(['propagate', 'discs', ...small, '--json'], { env });
    expect(last(run.stdout)).toMatchObject({ images: 20, done: 20, cached: 0, failed: 0 });
    const again = await saltworks(['propagate', 'discs', ...small, '--json'], { env });
    expect(last(again.stdout)).toMatchObject({ images: 20, done: 0, cached: 20, failed: 0 });

    const out = join(scratch, 'segment-out');
    await saltworks([
      'segment',
      join(folder, 'images/disc-0004.png'),
      '--scribbles',
      join(folder, 'scribbles'),
      '--out',
      out,
      ...small,
    ]);
    const recipe = readdirSync(join(objects, 'datasets/discs/masks'))[0];
    const { masks } = JSON.parse(readFileSync(join(objects, 'datasets/discs/masks', recipe, '000000000.json'), 'utf8'));
    const { mask } = masks.find(({ name }: { name: string }) => name === 'disc-0004.png');
    expect(readFileSync(join(objects, 'masks', mask.slice(0, 2), `${mask}.png`))).toEqual(
      readFileSync(join(out, 'disc-0004.panoptic.png')),
    );
  });

  test('exports as many images as there are masks, in every format', async () => {
    for (const [format, files] of [
      ['coco-panoptic', 21],
      ['coco-instances', 1],
      ['voc', 42],
      ['yolo-seg', 21],
    ] as [string, number][]) {
      const out = join(scratch, format);
      const run = await saltworks(
        ['dataset', 'export', 'discs', ...small, '--format', format, '--out', out, '--json'],
        { env },
      );
      expect(run.status, run.stderr).toBe(0);
      expect(last(run.stdout)).toMatchObject({ images: 20, failed: 0 });
      const written = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(written).toHaveLength(files);
    }
    const { images, annotations, categories } = JSON.parse(
      readFileSync(join(scratch, 'coco-panoptic/panoptic.json'), 'utf8'),
    );
    expect([images.length, annotations.length]).toEqual([20, 20]);
    expect(categories).toMatchObject([{ name: 'disc', isthing: 1 }]);
  });

  test('an export that leaves out an image names it and exits with 1', async () => {
    const recipe = readdirSync(join(objects, 'datasets/discs/masks'))[0];
    const { masks } = JSON.parse(readFileSync(join(objects, 'datasets/discs/masks', recipe, '000000000.json'), 'utf8'));
    const { mask, name } = masks[0];
    const path = join(objects, 'masks', mask.slice(0, 2), `${mask}.png`);
    const exported = () =>
      saltworks(['dataset', 'export', 'discs', ...small, '--format', 'voc', '--out', join(scratch, 'voc'), '--json'], {
        env,
      });
    renameSync(path, `${path}.away`);
    const { status, stdout, stderr } = await exported();
    renameSync(`${path}.away`, path);
    expect(last(stdout)).toMatchObject({ images: 20, done: 19, failed: 1 });
    expect(stderr).toContain(`saltworks: ${name}: no object masks/`);
    expect(status).toBe(1);
    const again = await exported();
    expect(again.stderr).not.toContain('saltworks: ');
    expect(again.status).toBe(0);
  });

  test('unusable input is refused in one line with exit code 2', async () => {
    const phone = join(scratch, 'phone');
    mkdirSync(phone);
    for (const name of ['IMG_1.HEIC', 'IMG_2.heic', '.DS_Store']) writeFileSync(join(phone, name), name);
    for (const [args, message] of [
      [['extract', 'nothing'], 'no dataset nothing'],
      [['extract', 'discs', '--backbone', 'resnet'], 'resnet; expected a name from "saltworks backbone list"'],
      [['extract', 'discs', '--backbone', './nope.onnx'], 'no file ./nope.onnx; expected an ONNX model'],
      [['propagate', 'discs', '--backbone', './nope.onnx'], 'no file ./nope.onnx; expected an ONNX model'],
      [['extract', 'discs', '--layer', '40'], 'layer 40; expected 0 to 11'],
      [['dataset', 'import', folder, '--name', 'Not A Name'], 'dataset "Not A Name"'],
      [['dataset', 'import', join(folder, 'nowhere'), '--name', 'x'], 'no such file'],
      [
        ['dataset', 'import', phone, '--name', 'x'],
        'no pictures (1 hidden file, 2 .heic (not read; convert to JPEG or PNG)); expected JPEG,',
      ],
      [
        ['dataset', 'export', 'discs', '--format', 'voc', '--out', join(scratch, 'none')],
        'no masks of discs with these settings',
      ],
      [['worker'], 'no SALTWORKS_TEMPORAL_ADDRESS'],
      [['worker', '--roles', 'sleep'], '--roles sleep; expected some of extract,propagate'],
    ] as [string[], string][]) {
      const { status, stderr } = await saltworks(args, { env });
      // A long run also prints its progress there now and then.
      const said = stderr.split('\n').filter((line) => line.startsWith('saltworks: '));
      expect(said, stderr).toEqual([expect.stringContaining(message)]);
      expect(status, args.join(' ')).toBe(2);
    }
    for (const name of ['SALTWORKS_PROPAGATE_THREADS', 'SALTWORKS_BATCH']) {
      const { status, stderr } = await saltworks(['worker'], { env: { ...env, [name]: '1.5' } });
      expect([status, stderr.trim()]).toEqual([2, `saltworks: ${name}=1.5; expected a whole number above 0`]);
    }
  });
});

describe('two workers', () => {
  test('share the work and do no image twice; after SIGTERM a worker finishes the shard that it holds', async () => {
    const { env, objects } = home('two');
    const { images } = await pictureFolder(join(scratch, 'two-source'), 100);
    await saltworks(['dataset', 'import', images, '--name', 'discs'], { env });
    const stack = up(env);
    await hasWorker(stack);
    const { address } = JSON.parse(readFileSync(join(env.SALTWORKS_HOME, 'stack.json'), 'utf8'));
    const other = spawn(process.execPath, [join(root, 'saltworks'), 'worker', '--roles', 'extract'], {
      env: { ...process.env, ...env, SALTWORKS_TEMPORAL_ADDRESS: address, SALTWORKS_DEBUG: '1' },
    });
    running.push(other);
    let log = '';
    other.stderr.on('data', (chunk: Buffer) => {
      log += chunk;
    });
    await expect.poll(() => log, { timeout: 60_000 }).toContain("state: 'RUNNING'");
    const run = await saltworks(['extract', 'discs', ...small, '--json'], { env });
    // Every image once: had both done one, the sum would exceed the number of images.
    expect(last(run.stdout)).toMatchObject({ images: 100, done: 100, cached: 0, failed: 0 });
    expect(objectsOf(objects, ['keys']).size).toBe(100);

    const ended = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(await stack.stop()).toBe(0);
  });
});

describe('Ctrl-C', () => {
  test('detaches from a run, which goes on; the same command joins it again', async () => {
    const { env } = home('detached');
    const { images } = await pictureFolder(join(scratch, 'detached-source'), 100);
    await saltworks(['dataset', 'import', images, '--name', 'discs'], { env });
    const stack = up(env);
    await hasWorker(stack);
    const command = spawn(process.execPath, [join(root, 'saltworks'), 'extract', 'discs', ...small], {
      env: { ...process.env, ...env },
    });
    let said = '';
    command.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const left = new Promise((resolve) => command.once('exit', resolve));
    // Once the first shard is done, the run is surely under way.
    const reports = join(env.SALTWORKS_HOME, 'objects/datasets/discs/extracted');
    await expect.poll(() => existsSync(reports), { timeout: 60_000 }).toBe(true);
    command.kill('SIGINT');
    expect(await left, said).toBe(130);

    const run = await saltworks(['extract', 'discs', ...small, '--json'], { env });
    // Joined, or started anew if it had just ended: either way every image once, and none failed.
    const { images: count, done, cached, failed } = last(run.stdout);
    expect([count, done + cached, failed]).toEqual([100, 100, 0]);
    expect(await stack.stop()).toBe(0);
  });
});

describe('no death of a process loses work', () => {
  test('kill -9 of worker, server and Temporal at random moments leaves the same objects, byte for byte', async () => {
    const { images, scribbles } = await pictureFolder(join(scratch, 'killed-source'), 200);
    const results: Map<string, string>[] = [];
    for (const disturbed of [false, true]) {
      const { env, objects } = home(disturbed ? 'killed' : 'undisturbed');
      await saltworks(['dataset', 'import', images, '--name', 'discs', '--scribbles', scribbles], { env });
      const stack = up(env);
      await hasWorker(stack);
      const kills = disturbed ? killer(stack, { seed: 20_261_122, most: 8 }) : undefined;
      for (const step of ['extract', 'propagate']) {
        const { status, stdout, stderr } = await saltworks([step, 'discs', ...small, '--json'], { env });
        expect(status, stderr).toBe(0);
        const { images: count, done, cached, failed } = last(stdout);
        expect([count, done + cached, failed]).toEqual([200, 200, 0]);
      }
      if (kills) expect(await kills.stop()).toBeGreaterThanOrEqual(3);
      expect(await stack.stop()).toBe(0);
      results.push(objectsOf(objects, ['keys', 'masks', 'datasets']));
    }
    const [undisturbed, killed] = results;
    expect(killed.size).toBe(undisturbed.size);
    expect(killed).toEqual(undisturbed);
  });
});

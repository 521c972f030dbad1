// `saltworks annotate PHOTO`: nothing to set up, a mask beside the picture.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { expect, test } from 'vitest';
import { type Annotator, signIn } from './annotator.ts';
import { mortalStacks } from './mortal-stack.ts';
import { root, saltworks } from './saltworks.ts';

const { scratch, home } = mortalStacks('annotate');
const { env } = home('home');
const folder = join(scratch, 'pictures');
const photo = join(folder, 'coffee.jpg');
mkdirSync(folder);
copyFileSync(join(root, 'examples/images/coffee.jpg'), photo);

/** Runs the command, and what a person does once it has said where. */
async function annotate(args: string[], person: (annotator: Annotator, place: string) => Promise<void>) {
  let acting: Promise<void> | undefined;
  const outcome = await saltworks(['annotate', ...args], {
    env,
    onOutput(text, kill) {
      const [, link, place] =
        /Sign in: +(\S+)[\s\S]*at: +(\S+)\n/.exec(text) ?? /\{"link":"(.+)","place":"(.+)"\}\n/.exec(text) ?? [];
      if (!place) return;
      acting ??= signIn(link)
        .then((annotator) => person(annotator, place))
        .catch((error) => {
          kill('SIGINT');
          throw error;
        });
    },
  });
  await acting;
  return outcome;
}

const stroke = (segment: number, x: number, y: number) => ({
  ...{ kind: 'stroke' as const, segment, radius: 4 },
  points: [
    [x, y],
    [x + 40, y],
  ] as [number, number][],
});
const campaignIn = (place: string) => /campaigns\/([^/]+)\/annotate/.exec(place)![1];

test('a picture is drawn and handed in, and its mask lies beside it; the same command opens it again', async () => {
  let campaign = '';
  const first = await annotate([photo, '--classes', 'cup,table:stuff'], async (person, place) => {
    campaign = campaignIn(place);
    const { id } = await person.ask<{ id: string }>('POST', `/api/campaigns/${campaign}/next`);
    await person.send(id, [
      { kind: 'segment', id: 1, category: 1 },
      stroke(1, 200, 120),
      { kind: 'segment', id: 2, category: 2 },
      stroke(2, 20, 20),
    ]);
    await person.ask('POST', `/api/assignments/${id}/submit`);
  });
  expect(first.status, first.stderr).toBe(0);
  expect(first.stdout).toContain(`coffee.jpg: ${join(folder, 'coffee.mask.png')}`);
  const maskOf = async () => decodePanoptic(await decodeImage(readFileSync(join(folder, 'coffee.mask.png'))));
  const mask = await maskOf();
  const { width, height } = await decodeImage(readFileSync(photo));
  expect([mask.width, mask.height]).toEqual([width, height]);
  expect([...new Set(mask.ids)].sort()).toEqual([1, 2]);
  expect(JSON.parse(readFileSync(join(folder, 'coffee.mask.json'), 'utf8'))).toEqual({
    file_name: 'coffee.mask.png',
    segments_info: [
      { id: 1, category_id: 1 },
      { id: 2, category_id: 2 },
    ],
    categories: [
      { id: 1, name: 'cup', isthing: 1 },
      { id: 2, name: 'table', isthing: 0 },
    ],
  });

  const again = await annotate([photo, '--json'], async (person, place) => {
    expect(place).toMatch(/\/work$/);
    const [{ id }] = await person.ask<{ id: string }[]>('GET', '/api/me/assignments');
    await person.ask('POST', `/api/assignments/${id}/reopen`);
    // Another window than before, whose numbers begin anew.
    const interactions = [{ kind: 'delete', segment: 2 }, stroke(0, 20, 20)].map((interaction, i) => ({
      ...{ seq: i + 1, interaction },
    }));
    await person.ask('POST', `/api/assignments/${id}/interactions`, { client: 'window-2', interactions });
    await person.ask('POST', `/api/assignments/${id}/submit`);
  });
  expect(again.status, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout.trim().split('\n')[1])).toEqual({
    campaign,
    images: 1,
    masks: [join(folder, 'coffee.mask.png')],
  });
  expect([...new Set((await maskOf()).ids)].sort()).toEqual([0, 1]);

  const other = await saltworks(['annotate', photo, '--classes', 'cat'], { env });
  expect([other.status, other.stderr]).toEqual([
    2,
    expect.stringMatching(/--classes cat; these pictures have cup, table/),
  ]);
}, 300_000);

test('what cannot be drawn on is refused in one line, and no file is touched', async () => {
  const refused = async (...args: string[]) => {
    const { status, stderr } = await saltworks(['annotate', ...args], { env });
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };
  expect(await refused(join(folder, 'none.jpg'))).toContain('none.jpg: no such file');
  expect(await refused(folder)).toContain('is a folder; expected pictures');
  expect(await refused(photo, photo)).toContain('have one name; expected a command for each');
  const [text, taken] = ['notes.txt', 'taken.png'].map((name) => join(folder, name));
  writeFileSync(text, 'no picture');
  expect(await refused(text)).toContain('1 of 1 files are no pictures');
  copyFileSync(join(root, 'examples/images/camera.png'), taken);
  writeFileSync(join(folder, 'taken.mask.png'), 'mine');
  expect(await refused(taken)).toContain('taken.mask.png is there already; expected --out and another folder');
  expect(readFileSync(join(folder, 'taken.mask.png'), 'utf8')).toBe('mine');
  expect(existsSync(join(folder, 'taken.mask.json'))).toBe(false);
}, 300_000);

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cocoSource } from '../../src/import/coco-source.ts';
import { labelledFolder, looksLabelled } from '../../src/import/label-source.ts';
import type { Offer } from '../../src/import/offers.ts';
import { findPlace, placesOf } from '../../src/import/places.ts';
import { folderSource } from '../../src/import/sources.ts';

describe('the setting', () => {
  test('names folders and prefixes, between commas or in lines', () => {
    expect(placesOf('')).toEqual([]);
    expect(placesOf(' photos=/srv/photos/, scans = s3://lab/scans/\nall=s3://lab\nroot=/')).toEqual([
      { name: 'photos', at: '/srv/photos' },
      { name: 'scans', at: 's3://lab/scans' },
      { name: 'all', at: 's3://lab' },
      { name: 'root', at: '/' },
    ]);
  });

  test.each([
    ['photos', 'SALTWORKS_PLACES with photos; expected NAME=FOLDER'],
    ['photos=srv/photos', 'SALTWORKS_PLACES with photos=srv/photos; expected NAME=FOLDER'],
    ['/srv/photos', 'SALTWORKS_PLACES with /srv/photos; expected NAME=FOLDER'],
    ['Photos=/srv', 'SALTWORKS_PLACES with Photos=/srv; expected'],
    ['a=s3://', 'SALTWORKS_PLACES with a=s3://; expected'],
    ['a=s3://key:secret@lab', 'SALTWORKS_PLACES with a=s3://key:secret@lab; expected'],
    ['a=https://lab', 'SALTWORKS_PLACES with a=https://lab; expected'],
    ['a=/b,a=/c', 'SALTWORKS_PLACES with a twice; expected names that differ'],
  ])('%s is refused', (text, message) => {
    expect(() => placesOf(text)).toThrow(message);
  });
});

describe('a place', () => {
  let root: string;
  let photos: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'saltworks-places-')));
    photos = join(root, 'photos');
    mkdirSync(join(photos, 'may'), { recursive: true });
    mkdirSync(join(root, 'photos-private'));
    writeFileSync(join(root, 'photos-private', 'secret.png'), 'secret');
    writeFileSync(join(photos, 'may', 'a.png'), 'a');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const find = (path: string, place = 'photos') =>
    findPlace(
      [
        { name: 'photos', at: photos },
        { name: 'scans', at: 's3://lab/scans' },
      ],
      { place, path },
    );

  test('is found, and folders below it', async () => {
    expect(await find('')).toEqual({ at: photos, within: photos });
    expect(await find('may')).toEqual({ at: join(photos, 'may'), within: photos });
    expect(await find('', 'scans')).toEqual({ at: 's3://lab/scans' });
    expect(await find('2026/may', 'scans')).toEqual({ at: 's3://lab/scans/2026/may' });
    symlinkSync('may', join(photos, 'latest'));
    expect(await find('latest')).toEqual({ at: join(photos, 'may'), within: photos });
  });

  test.each([
    '..',
    '../photos-private',
    'may/../../photos-private',
    '/etc',
    'may//x',
    'may/',
    './may',
    'may/.',
    'may\\..',
    'a\0b',
    'a\nb',
    'x'.repeat(1_001),
  ])('%j is no path below it', async (path) => {
    for (const place of ['photos', 'scans']) await expect(find(path, place)).rejects.toThrow('without . and ..');
  });

  test('what is no folder, elsewhere or unknown is refused in one line', async () => {
    symlinkSync('../photos-private', join(photos, 'out'));
    symlinkSync(root, join(photos, 'up'));
    await expect(find('out')).rejects.toThrow('photos/out leads out of photos; expected a folder below it');
    await expect(find('up/photos-private')).rejects.toThrow('photos/up/photos-private leads out of photos');
    await expect(find('june')).rejects.toThrow('photos/june: no such folder');
    await expect(find('may/a.png')).rejects.toThrow('photos/may/a.png is no folder; expected one');
    await expect(find('', 'elsewhere')).rejects.toThrow('no place elsewhere; expected one of SALTWORKS_PLACES');
  });

  const all = async (offers: AsyncIterable<Offer>): Promise<Offer[]> => {
    const found: Offer[] = [];
    for await (const offer of offers) found.push(offer);
    return found;
  };
  const secret = () => join(root, 'photos-private', 'secret.png');

  test('links out of it are left out with a remark, links within it are followed', async () => {
    symlinkSync(secret(), join(photos, 'out.png'));
    symlinkSync('may/a.png', join(photos, 'in.png'));
    symlinkSync('../photos-private', join(photos, 'folder'));
    symlinkSync('may', join(photos, 'inner'));
    symlinkSync('nothing', join(photos, 'gone'));
    const offers = await all(folderSource(photos, photos));
    expect(
      offers.map((offer) => [offer.name, 'read' in offer ? 'read' : 'left' in offer ? offer.left : offer.note]),
    ).toEqual([
      ['folder', 'a link that leads out of its place; it is left out'],
      ['gone', 'broken_links'],
      ['in.png', 'read'],
      ['inner', 'linked_folders'],
      ['may/a.png', 'read'],
      ['out.png', 'a link that leads out of its place; it is left out'],
    ]);
    // Without a place, as by command: wherever they lead.
    expect((await all(folderSource(photos))).filter((offer) => 'read' in offer)).toHaveLength(3);
  });

  test('a file that becomes a link after it was listed is not read', async () => {
    const [offer] = await all(folderSource(photos, photos));
    rmSync(join(photos, 'may', 'a.png'));
    symlinkSync(secret(), join(photos, 'may', 'a.png'));
    if (!('read' in offer)) throw new Error('expected a file');
    await expect(offer.read()).rejects.toThrow('a link that leads out of its place; expected a file within it');
  });

  test('labels and documents do not lead out of it either', async () => {
    const shapes = join(root, 'photos-private', 'a.json');
    writeFileSync(shapes, '{"version": "5.5.0", "flags": {}, "shapes": [], "imagePath": "a.png"}');
    symlinkSync(shapes, join(photos, 'may', 'a.json'));
    expect(await looksLabelled(join(photos, 'may'))).toBe(true);
    expect(await looksLabelled(join(photos, 'may'), photos)).toBe(false);
    await expect(labelledFolder(join(photos, 'may'), 'labelme', photos)).rejects.toThrow('is no labelme');

    symlinkSync(secret(), join(photos, 'may', 'out.png'));
    mkdirSync(join(photos, 'annotations'));
    const document = join(photos, 'may', 'coco.json');
    const images = [
      { id: 1, file_name: 'a.png' },
      { id: 2, file_name: 'out.png' },
      { id: 3, file_name: '../../photos-private/secret.png' },
    ];
    writeFileSync(document, JSON.stringify({ images, annotations: [], categories: [] }));
    const { files } = await cocoSource(document, { within: photos });
    const outcomes: string[] = [];
    for (const offer of await all(files)) {
      if ('read' in offer) {
        outcomes.push(
          await offer.read().then(
            (bytes) => new TextDecoder().decode(bytes),
            ({ message }) => message,
          ),
        );
      }
    }
    expect(outcomes).toEqual([
      'a',
      'a link that leads out of its place; expected a file within it',
      expect.stringContaining('leads out of'),
    ]);
  });

  test('a document in annotations/ does not speak for the folder above the place', async () => {
    const place = join(root, 'annotations');
    mkdirSync(place);
    const document = join(place, 'instances_photos-private.json');
    const images = [{ id: 1, file_name: 'secret.png' }];
    writeFileSync(document, JSON.stringify({ images, annotations: [], categories: [] }));
    const read = async (within?: string) => {
      const [offer] = await all((await cocoSource(document, { within })).files);
      return 'read' in offer ? offer.read() : undefined;
    };
    expect(Buffer.from((await read())!).toString()).toBe('secret');
    await expect(read(place)).rejects.toThrow('leads out of its place');
  });
});

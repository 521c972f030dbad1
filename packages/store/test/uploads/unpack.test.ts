import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultUploadLimits, partBytes, type UploadLimits } from '@saltworks/contract/api/uploads';
import { uploadPartKey } from '@saltworks/contract/layout';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { checkHead, checkSize, foldedName, kindByName } from '../../src/uploads/kinds.ts';
import { PartLengthError, putPart, readParts } from '../../src/uploads/parts.ts';
import { unpackUpload } from '../../src/uploads/unpack.ts';

let root: string;
let folder: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-unpack-'));
  folder = mkdtempSync(join(root, 'folder-'));
  store = fileStore(join(root, 'store'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const png = (shade = 0) =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: { r: shade, g: 0, b: 0 } } })
    .png()
    .toBuffer();

async function* chunks(...parts: Uint8Array[]) {
  yield* parts;
}

async function zipOf(
  files: Record<string, Buffer>,
  { compress = false, mode }: { compress?: boolean; mode?: number } = {},
) {
  const zip = new ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name, { compress, mode });
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** The bytes with one name in place of another of the same length, in both places that a ZIP has it. */
const renamed = (zip: Buffer, from: string, to: string) =>
  Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');

async function unpack(files: Record<string, Buffer>, limits: Partial<UploadLimits> = {}) {
  const manifest = {
    version: 1 as const,
    files: [] as { file: number; name: string; bytes: number; modified: number }[],
  };
  for (const [name, bytes] of Object.entries(files)) {
    const file = manifest.files.length;
    await store.put(uploadPartKey('u', file, 0), bytes);
    manifest.files.push({ file, name, bytes: bytes.length, modified: 1_700_000_000_000 });
  }
  return unpackUpload(store, 'u', manifest, folder, { limits: { ...defaultUploadLimits, ...limits } });
}

describe('what a file may be', () => {
  test.each([
    ['a.jpg', 'picture'],
    ['pans/é/A.PNG', 'picture'],
    ['all.ZIP', 'zip'],
    ['annotations/instances.json', 'labels'],
    ['labelmap.txt', 'labels'],
  ])('%s', (name, kind) => expect(kindByName(name)).toBe(kind));

  test.each(['../a.jpg', 'a/../../b.jpg', '/etc/a.jpg', 'C:/a.jpg', 'a\\b.jpg', 'a//b.jpg', 'a\u0000.jpg', 'a/', ''])(
    '%j leads elsewhere, or is none',
    (name) => expect(() => kindByName(name)).toThrow('its path leads elsewhere'),
  );

  test('others are refused with what was expected', () => {
    expect(() => kindByName('a.exe')).toThrow('neither a picture nor labels; expected JPEG');
    expect(() => kindByName('a.heic')).toThrow('pictures that end with .heic are not read; expected JPEG');
    expect(() => kindByName('.git/a.png')).toThrow('a hidden file');
    const limits = { ...defaultUploadLimits, file: 100, zip: 1_000 };
    expect(() => checkSize('picture', 0, limits)).toThrow('the file is empty');
    expect(() => checkSize('labels', 101, limits)).toThrow(
      '101 bytes; expected at most 100 (SALTWORKS_UPLOAD_FILE_BYTES)',
    );
    checkSize('zip', 1_000, limits);
    expect(() => checkSize('zip', 1_001, limits)).toThrow(
      '1001 bytes; expected at most 1000 (SALTWORKS_UPLOAD_ZIP_BYTES)',
    );
  });

  test('names that differ in case or in how accents are composed are one', () => {
    expect(foldedName('Caf\u00e9/A.jpg')).toBe(foldedName('cafe\u0301/a.JPG'));
    expect(foldedName('a.jpg')).not.toBe(foldedName('b.jpg'));
  });

  test('bytes say what a file is, whatever its name says', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
      checkHead(
        'picture',
        await sharp(await png())
          .toFormat(format)
          .toBuffer(),
      );
    }
    checkHead('labels', Buffer.from('{"shapes": []}'));
    checkHead('labels', Buffer.from('\ufeff{}', 'utf16le'));
    checkHead('zip', await zipOf({ 'a.png': await png() }));
    expect(() => checkHead('picture', Buffer.from('<!doctype html>'))).toThrow(
      'something else than its name says (it begins with "<!doctyp"); expected JPEG',
    );
    expect(() => checkHead('labels', Buffer.from('MZ\0\0'))).toThrow('expected text');
    expect(() => checkHead('zip', Buffer.from('Rar!'))).toThrow('expected a ZIP');
  });
});

describe('parts', () => {
  const file = { upload: 'u', file: 3, name: 'a.txt' };

  test('make a file again, however many there are', async () => {
    const bytes = Buffer.alloc(partBytes + 5, 'a');
    const given = { ...file, bytes: bytes.length };
    await putPart(store, given, 0, chunks(bytes.subarray(0, 100), bytes.subarray(100, partBytes)));
    await putPart(store, given, partBytes, chunks(bytes.subarray(partBytes)));
    const read: Uint8Array[] = [];
    for await (const chunk of readParts(store, given)) read.push(chunk);
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  test('that break off, are too long, or begin as something else leave nothing', async () => {
    const given = { ...file, bytes: 10 };
    await expect(putPart(store, given, 0, chunks(Buffer.from('short')))).rejects.toThrow(PartLengthError);
    await expect(putPart(store, given, 0, chunks(Buffer.alloc(11, 'a')))).rejects.toThrow(PartLengthError);
    await expect(putPart(store, { ...given, name: 'a.png' }, 0, chunks(Buffer.alloc(10, 'a')))).rejects.toThrow(
      'something else than its name says',
    );
    expect(await store.head(uploadPartKey('u', 3, 0))).toBeUndefined();
  });
});

describe('an upload becomes a folder', () => {
  test('of its files and those of its ZIPs, with their times', async () => {
    const zip = await zipOf(
      { 'pans/b.png': await png(1), 'pans/b.json': Buffer.from('{}'), '__MACOSX/pans/._b.png': Buffer.from('x') },
      { compress: true },
    );
    const { names, failures } = await unpack({ 'loose/a.png': await png(), 'pans.zip': zip });
    expect([names, failures]).toEqual([['loose/a.png', 'pans/b.png', 'pans/b.json'], []]);
    expect(readFileSync(join(folder, 'pans/b.png')).equals(await png(1))).toBe(true);
    expect(statSync(join(folder, 'loose/a.png')).mtimeMs).toBe(1_700_000_000_000);
    expect(readdirSync(folder).sort()).toEqual(['loose', 'pans']);
  });

  test('and one bad file is one line', async () => {
    const good = await png();
    const outside = renamed(await zipOf({ 'aa/evil.png': good, 'c.png': good }), 'aa/evil.png', '../evil.png');
    const damaged = await zipOf({ 'd.png': good });
    damaged[damaged.indexOf(good) + good.length - 1] ^= 1;
    const { names, failures } = await unpack({
      'a.png': good,
      'outside.zip': outside,
      'twice.zip': renamed(await zipOf({ 'A.PNG': await png(9) }), 'A.PNG', 'A.pnG'),
      'damaged.zip': damaged,
      'nested.zip': await zipOf({ 'more.zip': await zipOf({ 'e.png': good }), 'f.exe': good }),
      'links.zip': await zipOf({ 'g.png': Buffer.from('/etc/passwd') }, { mode: 0o120777 }),
      'broken.zip': (await zipOf({ 'h.png': good })).subarray(0, 60),
      'text.zip': await zipOf({ 'i.png': Buffer.from('<html>') }),
    });
    expect(names).toEqual(['a.png', 'c.png']);
    const lines = failures.map(({ name, reason }) => `${name}: ${reason}`);
    expect(lines).toEqual([
      expect.stringMatching(/^outside\.zip: \.\.\/evil\.png: its path leads elsewhere/),
      'twice.zip: A.pnG: its name is that of a.png, but for case and accents perhaps; expected one of them',
      expect.stringMatching(/^damaged\.zip: d\.png: it is damaged/),
      expect.stringMatching(/^nested\.zip: more\.zip: a ZIP within a ZIP/),
      expect.stringMatching(/^nested\.zip: f\.exe: neither a picture nor labels/),
      'links.zip: g.png: a link; expected a file',
      expect.stringMatching(/^broken\.zip: the ZIP cannot be read/),
      expect.stringMatching(/^text\.zip: i\.png: by its bytes it is something else/),
    ]);
    expect(readdirSync(root).sort()).toEqual([expect.stringMatching(/^folder-/), 'store']);
    expect(readdirSync(folder).sort()).toEqual(['a.png', 'c.png']);
  });

  test('unless a ZIP claims more than it may', async () => {
    const zip = await zipOf({ 'a.png': await png() }, { compress: true });
    // The size that the central directory claims.
    const directory = zip.indexOf('PK\x01\x02');
    zip.writeUInt32LE(0xf000_0000, directory + 24);
    await expect(unpack({ 'bomb.zip': zip })).rejects.toThrow(
      'bomb.zip unpacks to 4026531840 bytes; expected at most 1073741824',
    );
    const many = await zipOf({ 'a.png': await png() });
    const end = many.lastIndexOf('PK\x05\x06');
    many.writeUInt16LE(0xffff, end + 8);
    many.writeUInt16LE(0xffff, end + 10);
    const { failures } = await unpack({ 'b.png': await png(), 'many.zip': many });
    expect(failures).toEqual([{ name: 'many.zip', reason: expect.stringMatching(/^the ZIP is damaged/) }]);
  });

  test('or more than the settings say', async () => {
    const picture = await png();
    const zip = await zipOf({ 'a.png': picture, 'b.png': picture, 'c.png': picture });
    await expect(unpack({ 'three.zip': zip }, { files: 2 })).rejects.toThrow(
      'three.zip makes it 3 files; expected at most 2 (SALTWORKS_UPLOAD_FILES)',
    );
    await expect(unpack({ 'three.zip': zip }, { bytes: 2 * picture.length })).rejects.toThrow(
      `its files take ${3 * picture.length} bytes unpacked; expected at most ${2 * picture.length} (SALTWORKS_UPLOAD_BYTES)`,
    );
    const { names, failures } = await unpack({ 'three.zip': zip }, { file: picture.length - 1 });
    expect([names, failures.length]).toEqual([[], 3]);
    expect(failures[0].reason).toContain('(SALTWORKS_UPLOAD_FILE_BYTES)');
  });

  test('and a claim that is too small does not let more through', async () => {
    const bytes = Buffer.concat([await png(), Buffer.alloc(100_000)]);
    const zip = await zipOf({ 'a.png': bytes }, { compress: true });
    const directory = zip.indexOf('PK\x01\x02');
    zip.writeUInt32LE(1_000, directory + 24);
    const { names, failures } = await unpack({ 'sly.zip': zip });
    expect(names).toEqual([]);
    expect(failures).toEqual([{ name: 'sly.zip: a.png', reason: expect.stringContaining('too many bytes') }]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnwritableError } from '@saltworks/contract/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { expectRoom, makeFolders } from '../../src/objects/room.ts';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const mounts = canMount();

describe.skipIf(!mounts)(`a folder on a full disk${mounts ? '' : ' (skipped: nothing can be mounted)'}`, () => {
  let disk: SmallDisk;
  beforeAll(() => {
    disk = mountSmallDisk(2);
  });
  afterAll(() => disk?.unmount());

  test('refuses an object, names the folder and the free bytes, and takes the object once there is room', async () => {
    const store = fileStore(join(disk.folder, 'objects'));
    await store.put('kept.x', 'kept');
    const bytes = new Uint8Array(64 * 1024);
    const writes = [
      () => store.put('a.x', bytes),
      () => store.putIfAbsent('b.x', bytes),
      () =>
        store.putStream(
          'c.x',
          (async function* () {
            yield bytes;
          })(),
        ),
    ];
    disk.fill();
    for (const write of writes) {
      const error = await write().catch((error) => error);
      expect(error).toBeInstanceOf(UnwritableError);
      expect(error.message).toBe(`no room in ${disk.folder}/objects: 0 MB free; expected more`);
    }
    expect(Buffer.from(await store.get('kept.x')).toString()).toBe('kept');
    disk.free();
    for (const write of writes) await write();
    expect(await store.head('c.x')).toMatchObject({ size: bytes.length });
  });

  test('that is read-only is named as such', async () => {
    const folder = join(disk.folder, 'read-only');
    const store = fileStore(folder);
    await store.put('a.x', 'a');
    disk.readOnly(true);
    await expect(makeFolders(join(folder, 'a/b'))).rejects.toMatchObject({ code: 'EROFS' });
    const empty = fileStore(join(disk.folder, 'not there'));
    await expect(empty.put('a.x', 'a')).rejects.toThrow(`${disk.folder}/not there is read-only`);
    const reason = `${folder} is read-only; expected a folder to write to`;
    for (const call of [() => store.put('b.x', 'b'), () => store.delete('a.x'), () => expectRoom(folder, 1)]) {
      const error = await call().catch((error) => error);
      expect(error).toBeInstanceOf(UnwritableError);
      expect(error.message).toBe(reason);
    }
    disk.readOnly(false);
    await store.delete('a.x');
  });

  test('expectRoom measures the free bytes before any write', async () => {
    await expectRoom(disk.folder, 1024 * 1024);
    writeFileSync(join(disk.folder, 'large'), new Uint8Array(1024 * 1024));
    await expect(expectRoom(disk.folder, 1024 * 1024)).rejects.toThrow(
      /^no room in \S+: (0|1)(\.\d)? MB free; expected 1 MB$/,
    );
  });
});

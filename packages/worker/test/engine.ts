/** What the worker's tests share: a store in a folder, small pictures in it as a dataset, and keys without a network. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/image/decode';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Position } from '@saltworks/contract/messages/activities';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { readShard } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
// Its threads run the built package.
import { type AllThreads, openMaskThreads } from '@saltworks/worker/mask-threads';
import sharp from 'sharp';
import type { JudgeDeps } from '../src/bakeoff/masks.ts';
import type { ExtractDeps } from '../src/extract.ts';
import type { KeysSources } from '../src/keys-source.ts';
import type { MaskDeps } from '../src/make-mask.ts';
import type { ReplayDeps } from '../src/measure.ts';
import { objectReader } from '../src/objects.ts';
import type { Pulse } from '../src/shard.ts';

export const [width, height] = [48, 32];

/** A dark square on a light ground; every `shade` is another picture. */
export function picture(shade: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return x >= 12 && x < 32 && y >= 8 && y < 24 ? 40 + shade : [216, 200 - shade, 160][i % 3];
  });
  return encodePng(pixels, { width, height, channels: 3 });
}

/** Its true mask: the square is segment 7. @param right border of the square; ground: the id of what is around it */
export function trueMask({ right = 32, ground = 0 } = {}): Promise<Uint8Array> {
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      pixels[3 * (y * width + x)] = x >= 12 && x < right && y >= 8 && y < 24 ? 7 : ground;
    }
  }
  return encodePng(pixels, { width, height, channels: 3 });
}

/** The same picture in the lower 12 of 16 bits. */
export async function darkPicture(): Promise<Uint8Array> {
  const { data } = await decodeImage(await picture(0));
  const raw = { width, height, channels: 3 } as const;
  return sharp(
    Uint16Array.from(data, (value) => 12 * value),
    { raw },
  )
    .toColourspace('rgb16')
    .png()
    .toBuffer();
}

/** Strokes on square and ground. */
export const scribbles = (note = 0) => ({
  version: 1,
  image: { width, height },
  segments: [{ id: 7, category: 'square', isthing: true }],
  strokes: [
    {
      segment: 7,
      points: [
        [16, 12],
        [28, 20],
      ],
      radius: 2,
    },
    {
      segment: 0,
      points: [
        [44, 2],
        [44, 28],
      ],
      radius: 2,
    },
  ],
  note,
});

/**
 * Keys are the mean colours of 8 × 8 cells. One image after the other, as in a session; `extracted` counts, `before` is
 * called with the number of the call.
 */
export class StubKeys implements KeysSources {
  extracted = 0;
  opened = 0;
  batch = 1;
  before: (call: number) => unknown = () => {};
  private last: Promise<unknown> = Promise.resolve();

  async open({ backbone }: { backbone: string }) {
    this.opened++;
    if (backbone === 'unknown') throw new InvalidInputError('backbone unknown; expected one of stub');
    return {
      layer: 11,
      sha256: '5'.repeat(64),
      batch: this.batch,
      extract: (image: RgbImage, signal: AbortSignal) => {
        const keys = this.last.then(async () => {
          signal.throwIfAborted();
          this.extracted++;
          await this.before(this.extracted);
          return cellMeans(image);
        });
        this.last = keys.catch(() => {});
        return keys;
      },
    };
  }

  async close() {}
}

function cellMeans({ data, width, height }: RgbImage): Keys {
  const [h, w, d] = [Math.ceil(height / 8), Math.ceil(width / 8), 4];
  const keys = new Float32Array(h * w * d);
  for (let i = 0; i < width * height; i++) {
    const cell = Math.floor(i / width / 8) * w + Math.floor((i % width) / 8);
    for (let c = 0; c < 3; c++) keys[cell * d + c] += data[3 * i + c] / 255 / 64;
    keys[cell * d + 3] = 1;
  }
  return { data: keys, h, w, d };
}

export interface Engine extends ExtractDeps, MaskDeps, JudgeDeps, ReplayDeps {
  maskThreads: AllThreads;
  root: string;
  keys: StubKeys;
}

/** An engine on a new store. @param wrap may make the store misbehave */
export function openEngine(wrap = (store: ObjectStore) => store): Engine {
  const root = mkdtempSync(join(tmpdir(), 'saltworks-worker-'));
  const store = wrap(fileStore(root));
  return {
    root,
    store,
    keys: new StubKeys(),
    maskThreads,
    readObject: objectReader(store, () => ({})),
    maxPixels: 1e6,
  };
}

/** One for all engines of a test file. */
export const maskThreads = openMaskThreads(2);

export const removeEngine = ({ root }: Engine) => rmSync(root, { recursive: true, force: true });

/** Imports files as a dataset. @returns the images of its first shard */
export async function importFiles(
  store: ObjectStore,
  name: string,
  files: Record<string, Uint8Array>,
  { version = '1' } = {},
): Promise<DatasetImage[]> {
  async function* source() {
    for (const [name, bytes] of Object.entries(files)) yield { name, version, read: async () => bytes };
  }
  await importDataset(store, name, source(), { source: 'test' });
  return readShard(store, name, 0);
}

/** `count` pictures named 0.png, 1.png, … */
export async function pictures(count: number): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) files[`${i}.png`] = await picture(i);
  return files;
}

/** The pulse of an activity that nobody disturbs; `beats` is what it told. */
export function pulse({ last, signal, attempt = 1 }: Partial<Pulse> = {}): Pulse & { beats: Position[] } {
  const beats: Position[] = [];
  return {
    last,
    attempt,
    beats,
    beat: (position) => beats.push({ ...position }),
    signal: signal ?? new AbortController().signal,
  };
}

/** Flips one bit of an object's last byte. */
export async function rot(store: ObjectStore, key: string): Promise<void> {
  const bytes = new Uint8Array(await store.get(key));
  bytes[bytes.length - 1] ^= 16;
  await store.put(key, bytes);
}

/** Every object below some prefixes, with its bytes. */
export function objectsBelow(root: string, prefixes: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    if (prefixes.some((prefix) => name.startsWith(prefix)) && statSync(join(root, name)).isFile()) {
      found.set(name, readFileSync(join(root, name)).toString('hex'));
    }
  }
  return found;
}

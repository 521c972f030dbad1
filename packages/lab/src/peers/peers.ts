/** Other methods beside ours, on the same images from the same strokes. */
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import { nearestSeed } from './nearest-seed.ts';
import { type PythonAccess, type PythonPeers, startPython } from './python.ts';

export interface Peer {
  /** The variant of its rows. */
  name: string;
  /** Labels that the method knows, at most. */
  labels?: number;
  /** Pixels of an image, at most: above, it takes minutes. */
  pixels?: number;
  /** @returns solves the image from strokes, again and again */
  open(image: RgbImage, keys: Keys): (raster: StrokeRaster) => Promise<Mask>;
}

/** What all peers work on. */
interface PeerInput {
  image: RgbImage;
  keys: Keys;
  /** Of the strokes, and of those to come. */
  labels: number;
}

/**
 * What `work` makes of each peer that knows so many labels. One that fails, or for which the image is too large, is passed over.
 *
 * @param note told why, in one line
 */
export async function ofPeers<Made>(
  peers: readonly Peer[],
  { image, keys, labels }: PeerInput,
  work: (name: string, solve: (raster: StrokeRaster) => Promise<Mask>) => Promise<Made>,
  note: (line: string) => void = () => {},
): Promise<Made[]> {
  const made: Made[] = [];
  const { width, height } = image;
  for (const { name, labels: known = labels, pixels = width * height, open } of peers) {
    if (labels > known) continue;
    if (width * height > pixels) {
      note(`${name} is passed over: ${width} × ${height} pixels; expected at most ${pixels / 1e6} megapixels`);
      continue;
    }
    try {
      made.push(await work(name, open(image, keys)));
    } catch (error) {
      note(`${name} failed: ${(error as Error).message.replaceAll('\n', ' ')}`);
    }
  }
  return made;
}

/** What peers there are: plain data, so that threads can be told. */
export interface PeerAccess {
  names: string[];
  /** Absent where there is no Python. */
  python?: PythonAccess;
}

/**
 * Installs the peers in Python on first use.
 *
 * @returns the nearest seed alone, and one line that says why, where there is no Python
 */
export async function findPeers(python: PythonAccess): Promise<PeerAccess & { missing?: string }> {
  try {
    const found = await startPython(python);
    found.stop();
    return { names: [nearest, ...pythonPeers(found)].map(({ name }) => name), python };
  } catch (error) {
    return { names: [nearest.name], missing: (error as Error).message };
  }
}

export interface Peers {
  peers: readonly Peer[];
  /** Why those in Python are not among them, though they were found before. */
  missing?: string;
  /** Whether Python ended, and they have to be opened again. */
  ended(): boolean;
  stop(): void;
}

/** Opens the peers with a process of their own, for all that one thread does. */
export async function openPeers({ python }: PeerAccess): Promise<Peers> {
  const alone: Peers = { peers: [nearest], ended: () => false, stop: () => {} };
  if (!python) return alone;
  try {
    const found = await startPython(python);
    return { peers: [nearest, ...pythonPeers(found)], ended: found.ended, stop: found.stop };
  } catch (error) {
    return { ...alone, missing: (error as Error).message, ended: () => true };
  }
}

const nearest: Peer = {
  name: 'nearest seed',
  open(image, keys) {
    const solve = nearestSeed(image, keys);
    return async (raster) => solve(raster);
  },
};

/** One image of 1 megapixel takes the random walker seconds, and corrections are many. */
const pixels = 1e6;

const pythonPeers = (python: PythonPeers): Peer[] => [
  { name: 'random walker', pixels, open: (image) => (raster) => python.solve('random walker', image, raster) },
  { name: 'grabcut', labels: 2, pixels, open: (image) => (raster) => python.solve('grabcut', image, raster) },
];

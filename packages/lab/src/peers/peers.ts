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
  /** @returns undefined where the method does not apply: GrabCut knows two labels alone */
  solve(image: RgbImage, keys: Keys, raster: StrokeRaster): Promise<Mask | undefined>;
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
  stop(): void;
}

export async function openPeers({ python }: PeerAccess): Promise<Peers> {
  if (!python) return { peers: [nearest], stop: () => {} };
  const found = await startPython(python);
  return { peers: [nearest, ...pythonPeers(found)], stop: () => found.stop() };
}

const nearest: Peer = { name: 'nearest seed', solve: async (...input) => nearestSeed(...input) };

const pythonPeers = (python: PythonPeers): Peer[] => [
  { name: 'random walker', solve: (image, _, raster) => python.solve('random walker', image, raster) },
  {
    name: 'grabcut',
    solve: async (image, _, raster) =>
      new Set(Array.from(raster.segments)).size === 2 ? python.solve('grabcut', image, raster) : undefined,
  },
];

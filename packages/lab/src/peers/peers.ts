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

export interface Peers {
  peers: readonly Peer[];
  /** One line that says why the peers in Python are absent. */
  missing?: string;
  stop(): void;
}

/** Nearest seed, and where there is Python, random walker and GrabCut. */
export async function openPeers(access: PythonAccess): Promise<Peers> {
  const nearest: Peer = { name: 'nearest seed', solve: async (...input) => nearestSeed(...input) };
  try {
    const python = await startPython(access);
    return { peers: [nearest, ...pythonPeers(python)], stop: () => python.stop() };
  } catch (error) {
    return { peers: [nearest], missing: (error as Error).message, stop: () => {} };
  }
}

const pythonPeers = (python: PythonPeers): Peer[] => [
  { name: 'random walker', solve: (image, _, raster) => python.solve('random walker', image, raster) },
  {
    name: 'grabcut',
    solve: async (image, _, raster) =>
      new Set(Array.from(raster.segments)).size === 2 ? python.solve('grabcut', image, raster) : undefined,
  },
];

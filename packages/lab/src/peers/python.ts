/** The Python peers: packages of pinned versions in the home, and one long-lived process that answers line by line. */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Mask } from '@saltworks/core/mask/mask';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';

/** These run on Python 3.10 to 3.13. */
const packages = [
  ...['numpy==2.2.6', 'scipy==1.15.3', 'scikit-image==0.25.2', 'opencv-python-headless==4.12.0.88'],
  'pyamg==5.2.1',
];
const script = fileURLToPath(new URL('../../peers.py', import.meta.url));

export interface PythonAccess {
  /** The folder whose `tools` hold the packages. */
  home: string;
  /** Default `python3`. */
  python?: string;
  env: NodeJS.ProcessEnv;
}

export interface PythonPeers {
  /** @throws Error with Python's own words */
  solve(method: 'random walker' | 'grabcut', image: RgbImage, raster: StrokeRaster): Promise<Mask>;
  /** Whether the process has ended. */
  ended(): boolean;
  stop(): void;
}

/**
 * Installs the packages on first use.
 *
 * @throws Error in one line where there is no Python with pip, or it cannot install or load the packages
 */
export async function startPython({ home, python = 'python3', env }: PythonAccess): Promise<PythonPeers> {
  const folder = await installed(python, join(home, 'tools'), env);
  const child = spawn(python, [script], {
    // One thread, so that sums are added in one order.
    env: { ...env, PYTHONPATH: folder, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  child.on('error', (error) => {
    said = error.message;
  });
  // A write to a process that has ended fails; reading tells so, too.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Answer> => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`the peers in Python ended: ${lastLine(said)}`);
    return JSON.parse(value) as Answer;
  };
  await answer();
  let last: Promise<unknown> = Promise.resolve();
  const ask = (request: object): Promise<Answer> => {
    // One at a time: answers come in the order of requests.
    const next = last.then(() => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    });
    last = next.catch(() => {});
    return next;
  };
  return {
    async solve(method, { data, width, height }, raster) {
      const { seeds, ids } = numbered(raster);
      const { labels, error } = await ask({ method, width, height, image: base64(data), seeds: base64(seeds) });
      if (labels === undefined) throw new Error(`${method}: ${error}`);
      const bytes = Buffer.from(labels, 'base64');
      return {
        ids: Uint32Array.from({ length: width * height }, (_, i) => ids[bytes.readUInt16LE(2 * i) - 1]),
        width,
        height,
      };
    },
    ended: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => child.stdin.end(),
  };
}

interface Answer {
  labels?: string;
  error?: string;
}

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Pixels by numbers of labels from 1, since Python's methods know no other ids. */
function numbered({ owner, segments }: StrokeRaster) {
  const drawn = new Set<number>();
  for (const stroke of owner) if (stroke > 0) drawn.add(segments[stroke - 1]);
  const ids = [...drawn].sort((a, b) => a - b);
  const numbers = new Map(ids.map((id, i) => [id, i + 1]));
  return { ids, seeds: Uint16Array.from(owner, (stroke) => (stroke > 0 ? numbers.get(segments[stroke - 1])! : 0)) };
}

/** @returns the folder of the packages */
async function installed(python: string, tools: string, env: NodeJS.ProcessEnv): Promise<string> {
  const run = (...args: string[]) => {
    const { status, error, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', env });
    if (status === 0) return stdout.trim();
    const reason = error?.message ?? lastLine(stderr);
    throw new Error(
      `no peers in Python (${reason}); expected Python ≥ 3.10 with pip (SALTWORKS_PYTHON names another one)`,
    );
  };
  // Compiled packages belong to one version of Python.
  const version = run('-c', 'import sys; print(sys.implementation.cache_tag)');
  const folder = join(tools, `peers-${version}-${packages.map((name) => name.split('==')[1]).join('-')}`);
  if (existsSync(folder)) return folder;
  // Install beside the target and move: other commands may do the same, and must find whole packages.
  const aside = join(tools, `.peers-${randomUUID()}`);
  await mkdir(aside, { recursive: true });
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    run(...pip, '--target', aside, ...packages);
    await rename(aside, folder);
  } catch (error) {
    // Another command was faster.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';

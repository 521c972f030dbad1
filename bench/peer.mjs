// Python peers, installed into a folder of their own on first use: scikit-learn and pydensecrf.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { doubleKeys } from '@saltworks/core/keys';
import { root } from '../scripts/setup.mjs';

const packages = join(root, '.tools', 'bench-python');
const python = process.env.SALTWORKS_PYTHON ?? 'python3';
const pythonEnv = { ...process.env, PYTHONPATH: packages };

/** Installs the peers. @throws Error with what pip said, where it cannot */
function install() {
  const done = join(packages, 'saltworks-ready');
  if (existsSync(done)) return;
  const pip = (...args) => {
    const target = ['--quiet', '--disable-pip-version-check', '--upgrade', '--target', packages];
    const options = { env: pythonEnv, encoding: 'utf8' };
    const { status, error, stderr } = spawnSync(python, ['-m', 'pip', 'install', ...target, ...args], options);
    if (status !== 0)
      throw new Error(`pip install ${args.join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
  };
  console.error('bench: installing scikit-learn and pydensecrf into .tools/bench-python …');
  pip('numpy', 'scikit-learn');
  try {
    // Built from source, by what is installed before it.
    pip('setuptools<70', 'cython', 'wheel');
    pip('--no-build-isolation', '--no-deps', 'pydensecrf2');
  } catch (error) {
    console.error(`bench: no pydensecrf, rows against it are left out (it needs a C++ compiler): ${error.message}`);
  }
  writeFileSync(done, '');
}

/** What scikit-learn is given to solve what `propagate` solves on an rbf graph. */
export function spreadJob(keys, graph, seeds, alpha) {
  const { data, h, w, d } = doubleKeys(keys);
  return { nodes: data, n: h * w, d, seeds: seeds.nodes, gamma: 1 / (2 * graph.sigma ** 2), alpha };
}

/** Starts the peers: `spread` and `crf` take typed arrays and give times and results; `versions` says who is there. */
export async function startPeer() {
  install();
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const child = spawn(python, [join(root, 'bench/peer.py')], { env: pythonEnv, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const path = (name) => join(scratch, name);
  const put = (name, array) => {
    writeFileSync(path(name), new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return path(name);
  };
  const ask = async (job) => {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    const answer = JSON.parse((await lines.next()).value);
    if (answer.error) throw new Error(`peer: ${answer.error}`);
    return answer;
  };
  const result = () => new Float32Array(readFileSync(path('out')).buffer.slice(0));
  return {
    versions: await ask({ op: 'about' }),
    async spread({ nodes, n, d, seeds, gamma, alpha }) {
      const job = {
        op: 'spread',
        nodes: put('nodes', nodes),
        n,
        d,
        seeds: put('seeds', seeds),
        gamma,
        alpha,
        out: path('out'),
      };
      return { ...(await ask(job)), scores: result() };
    },
    async crf({ image, unary, c, gaussian, bilateral, steps }) {
      const { width, height } = image;
      const files = { image: put('image', image.data), unary: put('unary', unary), out: path('out') };
      return {
        ...(await ask({ op: 'crf', width, height, c, gaussian, bilateral, steps, ...files })),
        marginals: result(),
      };
    },
    stop() {
      child.stdin.end();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

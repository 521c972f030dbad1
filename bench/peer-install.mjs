// The bench's Python: packages in a folder of their own, installed on first use and when the list changes.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';

const folder = join(root, '.tools', 'bench-python');
const wanted = ['numpy', 'scikit-learn', 'scikit-image', 'onnxruntime', 'pillow', 'matplotlib', 'threadpoolctl'];

export const python = process.env.SALTWORKS_PYTHON ?? 'python3';
export const pythonEnv = environment(folder);

function environment(packages) {
  return { ...process.env, PYTHONPATH: packages, MPLBACKEND: 'agg', PYTHONWARNINGS: 'ignore' };
}

/** Installs the missing peers. @throws Error with pip's message */
export function install() {
  // A folder made for another list, or by another Python, is replaced; the old one serves until then.
  const stamp = join(folder, 'saltworks-ready');
  const { stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' });
  const list = `${stdout?.trim()}: ${wanted.join(' ')}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === list) return;
  const fresh = `${folder}-new`;
  rmSync(fresh, { recursive: true, force: true });
  console.error(`bench: installing ${wanted.join(', ')} and pydensecrf into .tools/bench-python …`);
  pip(fresh, ...wanted);
  try {
    // Built from source, with the packages installed before it.
    pip(fresh, 'setuptools<70', 'cython', 'wheel');
    pip(fresh, '--no-build-isolation', '--no-deps', 'pydensecrf2');
  } catch (error) {
    console.error(`bench: no pydensecrf, rows against it are left out (it needs a C++ compiler): ${error.message}`);
  }
  writeFileSync(join(fresh, 'saltworks-ready'), list);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

function pip(target, ...args) {
  const flags = ['--quiet', '--disable-pip-version-check', '--upgrade', '--target', target];
  const options = { env: environment(target), encoding: 'utf8' };
  const { status, error, stderr } = spawnSync(python, ['-m', 'pip', 'install', ...flags, ...args], options);
  if (status === 0) return;
  throw new Error(`pip install ${args.join(' ')}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
}

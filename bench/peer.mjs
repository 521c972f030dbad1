// The Python peers in a process of their own: scikit-learn, scikit-image, pydensecrf, onnxruntime.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { doubleKeys } from '@saltworks/core/keys/keys';
import { root } from '../scripts/setup.mjs';
import { install, python, pythonEnv } from './peer-install.mjs';

/** The input with which scikit-learn solves the problem that `propagate` solves on an rbf graph. */
export function spreadJob(keys, graph, seeds, alpha) {
  const { data, h, w, d } = doubleKeys(keys);
  return { nodes: data, n: h * w, d, seeds: seeds.nodes, gamma: 1 / (2 * graph.sigma ** 2), alpha };
}

/**
 * Starts the peers: calls take typed arrays and give times in seconds, and results. `versions` names the libraries found,
 * `threads` the threads that each may use.
 */
export async function startPeer() {
  install();
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-bench-'));
  const child = spawn(python, [join(root, 'bench/peer.py')], { env: pythonEnv, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const put = (name, array) => {
    const path = join(scratch, name);
    writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return path;
  };
  const out = join(scratch, 'out');
  const result = () => new Float32Array(readFileSync(out).buffer.slice(0));
  /** Typed arrays of a job travel as files. */
  const ask = async (op, job = {}) => {
    const fields = Object.entries(job).map(([key, value]) => [
      key,
      ArrayBuffer.isView(value) ? put(key, value) : value,
    ]);
    child.stdin.write(`${JSON.stringify({ ...Object.fromEntries(fields), op, out })}\n`);
    const { value: line } = await lines.next();
    if (line === undefined) throw new Error(`peer: ended while asked to ${op}`);
    const answer = JSON.parse(line);
    if (answer.error) throw new Error(`peer: ${answer.error}`);
    return answer;
  };
  const { threads, ...versions } = await ask('about');
  return {
    versions,
    threads,
    /** @param job from {@link spreadJob}, and `limit` on threads */
    spread: async (job) => ({ ...(await ask('spread', job)), scores: result() }),
    /** Random walker on a grid: `colours` [h·w, 3] in 0 … 1, `seeds` int32 labels or −1. Scores are planes [c, h·w]. */
    walk: async (job) => ({ ...(await ask('walk', job)), scores: result() }),
    async crf({ image, unary, c, gaussian, bilateral, steps }) {
      const { width, height, data } = image;
      const job = { image: data, unary, width, height, c, gaussian, bilateral, steps };
      return { ...(await ask('crf', job)), marginals: result() };
    },
    /** Files to keys: `model` bytes, the names of its `input` and `output`, `files`, and the parts of a backbone's spec that matter. */
    extract: (job) => ask('extract', job),
    stop() {
      child.stdin.end();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

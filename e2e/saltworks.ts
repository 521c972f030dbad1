import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface Options {
  cwd?: string;
  env?: Record<string, string>;
  /** Called with the text of stdout and stderr so far. */
  onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command as a person would, from a clone, and waits for its end. */
export function saltworks(args: string[], { cwd = root, env = {}, onOutput }: Options = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(root, 'saltworks'), ...args], { cwd, env: { ...process.env, ...env } });
  const outcome: Outcome = { status: null, stdout: '', stderr: '' };
  const take = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    outcome[stream] += chunk;
    onOutput?.(outcome.stdout + outcome.stderr, (signal) => child.kill(signal));
  };
  child.stdout.on('data', take('stdout'));
  child.stderr.on('data', take('stderr'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...outcome, status }));
  });
}

// Stacks whose processes are killed: homes of their own, `saltworks up` in each, and what dies in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { root } from './saltworks.ts';

export interface Home {
  path: string;
  env: Record<string, string>;
  objects: string;
}

/** A running `saltworks up`. */
export interface MortalStack {
  /** What it printed. */
  lines: string[];
  /** Processes that played a part, one after another. */
  pids(part: string): number[];
  /** Kills the process that currently plays a part, as a crash would. @returns whether there was one */
  kill(part: string): boolean;
  /** @returns the exit code */
  stop(): Promise<number | null>;
}

/** @param name of the folder that homes lie in: it goes, with all that runs there, after the file's tests */
export function mortalStacks(name: string) {
  const scratch = mkdtempSync(join(tmpdir(), `saltworks-${name}-`));
  const running: ChildProcess[] = [];
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    // Left by a failed test: a killed supervisor takes its children along, except Temporal.
    for (const name of existsSync(scratch) ? readdirSync(scratch) : []) {
      const file = join(scratch, name, 'stack.json');
      if (existsSync(file)) process.kill(JSON.parse(readFileSync(file, 'utf8')).temporal, 'SIGKILL');
    }
    rmSync(scratch, { recursive: true, force: true });
  });
  return {
    scratch,
    /** A home that shares the fetched backbone and binaries with the clone's home. */
    home(name: string): Home {
      const path = join(scratch, name);
      const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
      mkdirSync(path);
      for (const part of ['models', 'tools']) {
        mkdirSync(join(shared, part), { recursive: true });
        symlinkSync(join(shared, part), join(path, part));
      }
      return { path, env: { SALTWORKS_HOME: path }, objects: join(path, 'objects') };
    },
    up(env: Record<string, string>): MortalStack {
      const child = spawn(process.execPath, [join(root, 'saltworks'), 'up'], { env: { ...process.env, ...env } });
      running.push(child);
      const lines: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
      }
      const pids = (part: string) =>
        lines.flatMap((line) => new RegExp(`^${part}: started, process (\\d+)`).exec(line)?.[1] ?? []).map(Number);
      return {
        lines,
        pids,
        kill(part) {
          try {
            process.kill(pids(part).at(-1)!, 'SIGKILL');
            return true;
          } catch {
            return false;
          }
        },
        async stop() {
          const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
          child.kill('SIGINT');
          return ended;
        },
      };
    },
  };
}

/** Its worker has begun. */
export const hasWorker = ({ pids }: MortalStack) =>
  expect.poll(() => pids('worker').length, { timeout: 60_000 }).toBeGreaterThan(0);

/** Its server answers. */
export const isServing = ({ lines }: MortalStack) =>
  expect.poll(() => lines.some((line) => line.startsWith('server: ready')), { timeout: 90_000 }).toBe(true);

/** Kills one part after another, at moments drawn from a seed, until told to stop. `stop` returns how many died. */
export function killer(stack: MortalStack, { seed, most }: { seed: number; most: number }) {
  let [state, stopped, count] = [seed, false, 0];
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const loop = (async () => {
    while (!stopped && count < most) {
      await new Promise((resolve) => setTimeout(resolve, 1500 + 3000 * random()));
      const part = ['worker', 'server', 'temporal', 'worker'][Math.floor(4 * random())];
      if (!stopped && stack.kill(part)) count++;
    }
    return count;
  })();
  return {
    stop() {
      stopped = true;
      return loop;
    },
  };
}

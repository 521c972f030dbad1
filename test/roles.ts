/** Runs roles of Saltworks as separate processes, as separate machines do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';

export const command = fileURLToPath(new URL('../saltworks', import.meta.url));

export interface Role {
  child: ChildProcess;
  /** Its output so far, of both streams. */
  said: string;
  /** Waits until the output contains a text. */
  says(text: string): Promise<void>;
  /** Sends SIGTERM, as an operator does, and waits for the end. */
  end(): Promise<void>;
}

/** Starts `saltworks ARGS`. */
export const startRole = (env: NodeJS.ProcessEnv, ...args: string[]): Role => startRoleOf(command, env, ...args);

/** Starts `saltworks ARGS`. @param launcher the command, of this clone or of another place */
export function startRoleOf(launcher: string, env: NodeJS.ProcessEnv, ...args: string[]): Role {
  const child = spawn(process.execPath, [launcher, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const role: Role = {
    child,
    said: '',
    says: (text) => vi.waitFor(() => expect(role.said).toContain(text), { timeout: 50_000, interval: 100 }),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      role.said += text;
    });
  }
  return role;
}

/** The environment without the settings of other homes and stacks. */
export const plainEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SALTWORKS_')));

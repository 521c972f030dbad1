/**
 * Watches what roles print (`up`, `server`, `worker`), and what commands print besides their answer, in every file of these
 * tests: no secret stands in a log. Set up before each file by vitest.config.ts.
 */
import childProcess, { type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { secretNames } from '../packages/cli/src/secret-files.ts';
import { leaks } from './secrets.ts';

const isRole = (args: readonly string[]) => args.some((arg) => ['up', 'server', 'worker'].includes(arg));
const isOurs = (args: readonly string[]) => args.some((arg) => /\/(saltworks|main\.js|demo\.mjs)$/.test(arg));

let text = '';
const secrets = new Set<string>();

function watch(child: ChildProcess, args: readonly string[], env: NodeJS.ProcessEnv): void {
  for (const name of secretNames) {
    const value = env[name];
    // A database may be a folder, and test servers' keys may be words.
    if (value && value.length >= 12 && name !== 'SALTWORKS_DATABASE') secrets.add(value);
  }
  const take = (chunk: Buffer | string) => {
    text += chunk;
    for (const name of ['secret', 'api-key']) {
      const file = join(env.SALTWORKS_HOME ?? '', name);
      if (env.SALTWORKS_HOME && existsSync(file)) secrets.add(readFileSync(file, 'utf8').trim());
    }
  };
  child.stderr?.on('data', take);
  if (isRole(args)) child.stdout?.on('data', take);
}

const { spawn } = childProcess;
childProcess.spawn = ((command: string, args: readonly string[] = [], options: { env?: NodeJS.ProcessEnv } = {}) => {
  const child = spawn(command, args, options);
  if (isOurs(args)) watch(child, args, options.env ?? process.env);
  return child;
}) as typeof spawn;
syncBuiltinESMExports();

afterAll(() => {
  secrets.delete('');
  expect(leaks(text, secrets), 'lines of logs with secrets').toEqual([]);
});

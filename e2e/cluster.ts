// A cluster as plain processes: Temporal, PostgreSQL, an S3 server, and servers and workers of any version, each with an empty
// home. They share settings, and secrets in files.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { startPostgres } from '../packages/orchestrator/test/postgres.ts';
import { startS3 } from '../packages/store/test/objects/server.ts';
import { startProxy } from './proxy.ts';
import { root, saltworks } from './saltworks.ts';

const READY_MS = 120_000;

export interface Member {
  name: string;
  lines: string[];
  /** A server's. */
  port: number;
  /** Resolves once the process says that it is ready. */
  ready(): Promise<void>;
  /** Stops it where it stands: it says nothing any more, and its connections stay. */
  freeze(): void;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Tells it to stop. @returns its exit code, and how long it took, milliseconds */
  drain(): Promise<{ code: number | null; ms: number }>;
}

export type Cluster = Awaited<ReturnType<typeof openCluster>>;

export async function openCluster() {
  const scratch = mkdtempSync(join(tmpdir(), 'saltworks-cluster-'));
  const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
  const closing: (() => unknown)[] = [() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const [postgres, s3, proxy] = await Promise.all([startPostgres(), startS3(), startProxy()]);
    closing.push(postgres.stop, s3.stop, proxy.stop);
    const binary = await temporalBinary(readSettings({ ...process.env, SALTWORKS_HOME: shared }));
    const address = `127.0.0.1:${await freePort()}`;
    const home = join(scratch, 'temporal');
    mkdirSync(home);
    let temporal: ChildProcess;
    const startTemporal = async () => {
      temporal = spawnTemporal(binary, { home, env: process.env }, Number(address.split(':')[1]));
      await waitForTemporal(address, READY_MS);
    };
    await startTemporal();
    closing.push(() => temporal.kill('SIGKILL'));

    const secrets = {
      SALTWORKS_SECRET: randomBytes(32).toString('base64url'),
      SALTWORKS_DATABASE: postgres.url(),
      SALTWORKS_METRICS_TOKEN: randomBytes(32).toString('base64url'),
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    const files = Object.entries(secrets).map(([name, secret]) => {
      const file = join(scratch, name);
      writeFileSync(file, `${secret}\n`, { mode: 0o600 });
      return [`${name}_FILE`, file];
    });
    // Settings of other stacks in the environment do not count.
    const clean = Object.entries(process.env).filter(([name]) => !/^(SALTWORKS|AWS)_/.test(name));
    const env = {
      ...Object.fromEntries([...clean, ...files]),
      SALTWORKS_HOME: join(scratch, 'command'),
      SALTWORKS_TEMPORAL_ADDRESS: address,
      SALTWORKS_STORE: `s3://${s3.bucket}/objects`,
      SALTWORKS_S3_ENDPOINT: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      SALTWORKS_MODELS: join(shared, 'models'),
      SALTWORKS_URL: proxy.url,
      SALTWORKS_TRUSTED_PROXIES: '127.0.0.1',
      SALTWORKS_REQUESTS_PER_MINUTE: '1000000',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    } as Record<string, string>;

    const members: Member[] = [];
    /** @param build of its version */
    async function start(role: 'server' | 'worker', build: string): Promise<Member> {
      const name = `${role}-${members.length + 1}-${build}`;
      const own = { SALTWORKS_HOME: join(scratch, name), SALTWORKS_BUILD_ID: build, SALTWORKS_DRAIN_SECONDS: '1' };
      const port = await freePort();
      const ports = { SALTWORKS_PORT: String(port), ...(role === 'worker' && { SALTWORKS_WORKER_PORT: String(port) }) };
      const child = spawn(process.execPath, [join(root, 'saltworks'), role], {
        env: { ...env, ...own, ...ports },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = new Promise<number | null>((exit) => child.once('exit', exit));
      closing.push(() => child.kill('SIGKILL'));
      const lines: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trimEnd().split('\n')));
      }
      if (role === 'server') proxy.servers.add(port);
      const member: Member = {
        ...{ name, lines, port },
        async ready() {
          const until = Date.now() + READY_MS;
          while (!lines.some((line) => line.startsWith(`${role}: ready`))) {
            if (child.exitCode !== null || Date.now() > until) throw new Error(`${name}: ${lines.join('\n')}`);
            await new Promise((again) => setTimeout(again, 50));
          }
        },
        freeze: () => void child.kill('SIGSTOP'),
        async kill() {
          child.kill('SIGKILL');
          await ended;
          proxy.servers.delete(port);
        },
        async drain() {
          const began = Date.now();
          child.kill('SIGTERM');
          const code = await ended;
          proxy.servers.delete(port);
          return { code, ms: Date.now() - began };
        },
      };
      members.push(member);
      return member;
    }

    return {
      ...{ scratch, env, secrets, proxy, members, address, start, stop },
      postgres,
      /** Ends Temporal as a crash would, and starts it again on its file. */
      async restartTemporal() {
        const ended = new Promise((exit) => temporal.once('exit', exit));
        temporal.kill('SIGKILL');
        await ended;
        await startTemporal();
      },
      /** Runs a command of this cluster. @throws Error with its output */
      async run(...args: string[]): Promise<string> {
        const { status, stdout, stderr } = await saltworks(args, { env: { ...blank(), ...env } });
        if (status !== 0) throw new Error(`saltworks ${args.join(' ')}: ${stderr || stdout}`);
        return stdout;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of this process's settings, none. */
const blank = () =>
  Object.fromEntries(Object.keys(process.env).flatMap((name) => (name.startsWith('SALTWORKS_') ? [[name, '']] : [])));

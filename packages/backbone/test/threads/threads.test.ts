import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
// Threads run the built package, so the test imports its classes.
import { ThreadError, type ThreadPool, threadPool } from '@saltworks/backbone/threads/threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, describe, expect, test } from 'vitest';

const file = new URL('./threads.worker.mjs', import.meta.url);

interface Job {
  what?: 'die' | 'throw' | 'refuse' | 'reject unseen' | 'run out of memory';
  bytes?: Uint8Array;
  /** Milliseconds to block. */
  ms?: number;
  /** Shared memory: jobs under way, and the most so far. */
  count?: Int32Array;
}
type Pool = ThreadPool<Job, { jobs: number; bytes?: Uint8Array }>;

let pool: Pool;
const open = (threads: number, idleMs?: number): Pool => {
  pool = threadPool(file, { threads, idleMs });
  return pool;
};
afterEach(() => pool.close());

/** Runs code with a `pool` of two threads in a process of its own. */
function inProcess(code: string, flags: string[] = []) {
  const script = `(async () => {
    const { threadPool } = await import('@saltworks/backbone/threads/threads');
    const pool = threadPool(new URL('${file.href}'), { threads: 2 });
    ${code}
  })();`;
  const cwd = new URL('..', import.meta.url);
  return spawnSync(process.execPath, [...flags, '-e', script], { cwd, encoding: 'utf8', timeout: 60_000 });
}

describe('jobs', () => {
  test.each([1, 3])('are all done by %i threads, each with its own answer', async (threads) => {
    open(threads);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => pool.run({ bytes: Uint8Array.of(i), ms: i % 4 })),
    );
    expect(answers.map(({ bytes }) => bytes?.[0])).toEqual(answers.map((_, i) => i));
    if (threads === 1) expect(Math.max(...answers.map(({ jobs }) => jobs))).toBe(40);
  });

  test('run in no more threads than the pool has', async () => {
    open(2);
    const count = new Int32Array(new SharedArrayBuffer(8));
    const many = () => Promise.all(Array.from({ length: 10 }, () => pool.run({ ms: 10, count })));
    await Promise.all([many(), many()]);
    expect(count[0]).toBe(0);
    expect([1, 2]).toContain(count[1]);
  });

  test('move buffers that an array fills, and copy others', async () => {
    open(1);
    const whole = new Uint8Array(1000).fill(7);
    const part = new Uint8Array(1000).subarray(10, 20).fill(8);
    const [one, other] = await Promise.all([whole, part].map((bytes) => pool.run({ bytes }, { move: [bytes] })));
    expect([one.bytes?.length, one.bytes?.[999], other.bytes?.length]).toEqual([1000, 7, 10]);
    expect([whole.length, part.length]).toEqual([0, 10]);
  });

  test('that cannot be cloned fail alone', async () => {
    open(1);
    const odd = { bytes: (() => {}) as unknown as Uint8Array };
    await expect(pool.run(odd)).rejects.toThrow('could not be cloned');
    expect(await pool.run({})).toEqual({ jobs: 1 });
  });
});

describe('a job that fails', () => {
  test('rejects as invalid or failed, and its thread lives on', async () => {
    open(1);
    const errors = await Promise.all(
      (['refuse', 'throw'] as const).map((what) => pool.run({ what }).catch((error) => error)),
    );
    expect(errors[0]).toBeInstanceOf(InvalidInputError);
    expect(errors[0].message).toBe('no good');
    expect(errors[1]).toBeInstanceOf(ThreadError);
    expect(errors[1]).toMatchObject({ message: 'broken', died: false });
    expect(await pool.run({})).toEqual({ jobs: 3 });
  });

  test.each([
    ['die', 'code 3'],
    ['reject unseen', 'nobody looked'],
  ] as const)('and ends its thread (%s) fails alone, and the thread is replaced', async (what, cause) => {
    open(2);
    const others = Array.from({ length: 8 }, () => pool.run({ ms: 5 }));
    const died = await pool.run({ what }).catch((error) => error);
    expect(died).toBeInstanceOf(ThreadError);
    expect(died).toMatchObject({ message: `the thread at work on it died (${cause})`, died: true });
    await Promise.all(others);
    const after = await Promise.all(Array.from({ length: 8 }, () => pool.run({ ms: 5 })));
    expect(after).toHaveLength(8);
  });

  test('for lack of memory fails alone', async () => {
    // A small heap, or the test would fill the machine's memory. And small young generations: V8 of Node 24 else promotes
    // more at once than a thread out of memory may still take, and ends the whole process.
    const { stdout, status } = inProcess(
      `const all = await Promise.allSettled([pool.run({ what: 'run out of memory' }), pool.run({ ms: 5 })]);
      console.log(JSON.stringify(all.map(({ value, reason }) => value ?? reason.message)), (await pool.run({})).jobs);`,
      ['--max-old-space-size=256', '--max-semi-space-size=4'],
    );
    expect(stdout).toMatch(/^\["the thread at work on it died \(.*memory.*\)",\{"jobs":1\}\] [12]\n$/);
    expect(status).toBe(0);
  }, 120_000);
});

describe('aborting', () => {
  test('rejects at once, ends the blocked thread, and leaves the others alone', async () => {
    open(2);
    await Promise.all([pool.run({ ms: 20 }), pool.run({ ms: 20 })]);
    const stop = new AbortController();
    const { signal } = stop;
    const long = { ms: 600_000 };
    const aborted = [long, long, long].map((job) => pool.run(job, { signal }).catch((error) => error));
    const after = [pool.run({}), pool.run({})];
    await sleep(50);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await Promise.all(aborted)).toEqual([reason, reason, reason]);
    // The answers come from new threads.
    expect((await Promise.all(after)).map(({ jobs }) => jobs)).toEqual(expect.arrayContaining([1]));
    await expect(pool.run({}, { signal })).rejects.toBe(reason);
  });
});

describe('a pool', () => {
  test('ends idle threads, and starts new ones', async () => {
    open(1, 20);
    // Both at once: on a busy machine the pool would end a thread that waits for the second job.
    expect(await Promise.all([pool.run({}), pool.run({})])).toEqual([{ jobs: 1 }, { jobs: 2 }]);
    await sleep(200);
    expect(await pool.run({})).toEqual({ jobs: 1 });
  });

  test('that is closed rejects pending and later jobs', async () => {
    open(1);
    const jobs = [{ ms: 600_000 }, {}].map((job) => pool.run(job).catch((error) => error.message));
    await pool.close();
    expect(await Promise.all(jobs)).toEqual(['the threads were ended', 'the threads were ended']);
    await expect(pool.run({})).rejects.toThrow('the threads were ended');
  });

  test('keeps no process alive while idle', () => {
    const { stdout, status } = inProcess(
      'console.log((await Promise.all([pool.run({ ms: 50 }), pool.run({})])).length);',
    );
    expect([stdout, status]).toEqual(['2\n', 0]);
  });

  test('has one thread or more', () => {
    for (const threads of [0, -1, 1.5]) expect(() => open(threads)).toThrow(`${threads} threads; expected 1 or more`);
  });
});

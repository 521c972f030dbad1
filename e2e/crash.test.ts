// Parts of the stack are killed while annotators draw. Every acknowledged stroke is kept and answered; streams resume where
// they broke off.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naming, openAnnotator, strokeAt } from '../bench/annotators.mjs';
import { openAccount, openCampaign, startStack } from '../bench/stack.mjs';
import { findPostgres, type PostgresServer, startPostgres } from '../packages/orchestrator/test/postgres.ts';
import { root } from './saltworks.ts';

type Stack = Awaited<ReturnType<typeof startStack>>;
type Work = NonNullable<Awaited<ReturnType<ReturnType<typeof openAnnotator>['take']>>>;

const annotators = 3;
const patience = 150_000;

async function openWorks(stack: Stack): Promise<Work[]> {
  await openCampaign(stack, { id: 'crash', images: join(root, 'examples/images') });
  const works = [];
  for (let i = 0; i < annotators; i++) {
    const annotator = openAnnotator(stack.url, await openAccount(stack, 'crash', i));
    const work = (await annotator.take('crash'))!;
    await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeAt(k, work.assignment.image, 2)));
    await work.answered('pixel', patience);
    works.push(work);
  }
  return works;
}

/** All annotators draw without pause, each on an image of their own, until something has happened, and a moment longer. */
async function drawThrough(works: Work[], happens: () => Promise<unknown>): Promise<void> {
  let over = false;
  const drawing = works.map(async (work) => {
    for (let i = 3; !over || i < 6; i++) {
      await work.do(i % 9 === 8 ? { kind: 'undo' } : strokeAt(i, work.assignment.image, 2));
      await sleep(50);
    }
  });
  await sleep(500);
  await happens();
  await sleep(1_500);
  over = true;
  await Promise.all(drawing);
}

async function expectNothingLost(works: Work[]): Promise<void> {
  for (const work of works) {
    expect(await work.log()).toEqual(work.expected());
    expect(work.expected()).toHaveLength(work.done.length);
    await work.answered('patch', patience);
    const last = await work.answered('pixel', patience);
    expect(last).toMatchObject({ event: 'pixel', data: { n: work.done.length } });
    expect(work.events.map(({ id }) => id)).toEqual(work.events.map((_, i) => i + 1));
  }
}

describe('the embedded stack', () => {
  let stack: Stack;
  let works: Work[];
  beforeAll(async () => {
    stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
    works = await openWorks(stack);
  });
  afterAll(async () => {
    for (const work of works ?? []) work.close();
    await stack?.stop();
  });

  test.each(['server', 'worker', 'temporal'])('loses no stroke when its %s is killed', async (part) => {
    const before = stack.pidOf(part);
    await drawThrough(works, async () => stack.kill(part));
    await expectNothingLost(works);
    expect(stack.pidOf(part)).not.toBe(before);
  });

  test('submits everything that was drawn', async () => {
    const handed = await Promise.all(works.map((work) => work.submit()));
    expect(handed.map(({ n }) => n)).toEqual(works.map(({ done }) => done.length));
  });
});

describe.skipIf(!findPostgres())('a stack on PostgreSQL', () => {
  let postgres: PostgresServer;
  let stack: Stack;
  let works: Work[];
  beforeAll(async () => {
    postgres = await startPostgres({ fsync: true });
    stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000', SALTWORKS_DATABASE: postgres.url() });
    works = await openWorks(stack);
  });
  afterAll(async () => {
    for (const work of works ?? []) work.close();
    await stack?.stop();
    await postgres?.stop();
  });

  test('loses no stroke when the database is killed, and its server stays up', async () => {
    const before = stack.pidOf('server');
    await drawThrough(works, async () => {
      await postgres.kill();
      await sleep(1_000);
      await postgres.restart();
    });
    await expectNothingLost(works);
    expect(stack.pidOf('server')).toBe(before);
  });

  test('loses no stroke when the server is killed', async () => {
    await drawThrough(works, async () => stack.kill('server'));
    await expectNothingLost(works);
  });
});

/** What a server tells of the whole installation at each scrape. Two servers tell the same; readers take the larger. */
import { queues } from '@saltworks/contract/messages/queues';
import { runWorkflows } from '@saltworks/contract/messages/runs';
import { kept } from '@saltworks/telemetry/kept';
import {
  assignmentsOpen,
  databaseConnections,
  databaseWaiting,
  journalBytes,
  queueBacklog,
  queueBacklogAge,
  queuePollers,
  readyParts,
  runsOpen,
  schedulesMissed,
} from '@saltworks/telemetry/metrics';
import type { Probes } from '@saltworks/telemetry/probes';
import type { Client } from '@temporalio/client';
import type { Database } from './db/database.ts';
import type { Journal } from './db/journal.ts';
import { readClock } from './schedules/clock.ts';
import { backlogOf } from './temporal/backlog.ts';

interface Observed {
  database: Database;
  journal: Journal;
  client: Client;
  namespace: string;
  probes: Probes;
}

/** How long an answer of Temporal or the database stands. */
const keptMs = { queues: 5_000, counts: 10_000, schedules: 60_000 };
/** Schedules that are asked about; one that is not counts as one that missed nothing. */
const mostSchedules = 200;

/** Queues by kind of task. A worker's own queue, of which there are as many as workers, is left out. */
const kinds = [
  { queue: queues.workflows, tasks: 'workflow' },
  ...[queues.server, queues.extract, queues.propagate, queues.annotate, queues.views].map((queue) => ({
    queue,
    tasks: 'activity' as const,
  })),
] as const;

/** @returns stops it */
export function observeServer({ database, journal, client, namespace, probes }: Observed): () => void {
  const { db, pool } = database;
  const backlogs = kept(keptMs.queues, () =>
    Promise.all(
      kinds.map(async ({ queue, tasks }) => {
        const labels = { queue: queue.replace(/^saltworks-/, ''), kind: tasks };
        return { labels, ...(await backlogOf(client.connection, { namespace, queue, tasks })) };
      }),
    ),
  );
  const assignments = kept(keptMs.counts, async () => {
    const count = db.fn.countAll<string>().as('open');
    const found = await db
      .selectFrom('assignment')
      .select(count)
      .where('state', '=', 'leased')
      .executeTakeFirstOrThrow();
    return Number(found.open);
  });
  const runs = kept(keptMs.counts, () =>
    Promise.all(
      Object.entries(runWorkflows).map(async ([workflow, { type }]) => {
        const { count } = await client.workflow.count(`WorkflowType = '${type}' AND ExecutionStatus = 'Running'`);
        return { labels: { workflow }, value: count };
      }),
    ),
  );
  const missed = kept(keptMs.schedules, async () => {
    const found = await db.selectFrom('schedule').select('id').limit(mostSchedules).execute();
    const times = await Promise.all(found.map(({ id }) => readClock(client, id)));
    return times.reduce((sum, each) => sum + (each?.missed ?? 0), 0);
  });
  const stops = [
    queueBacklog.observe(async () => (await backlogs()).map(({ labels, tasks }) => ({ labels, value: tasks }))),
    queueBacklogAge.observe(async () => (await backlogs()).map(({ labels, age }) => ({ labels, value: age }))),
    queuePollers.observe(async () => (await backlogs()).map(({ labels, pollers }) => ({ labels, value: pollers }))),
    assignmentsOpen.observe(assignments),
    runsOpen.observe(runs),
    schedulesMissed.observe(missed),
    journalBytes.observe(() => journal.bytes),
    databaseConnections.observe(() => {
      const { busy, idle } = pool?.() ?? {};
      const states = Object.entries({ busy, idle });
      return states.flatMap(([state, value]) => (value === undefined ? [] : [{ labels: { state }, value }]));
    }),
    databaseWaiting.observe(() => pool?.().waiting),
    readyParts.observe(() => probes.samples()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

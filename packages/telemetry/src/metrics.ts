/**
 * The metrics of a process: each instrument's name, help, unit and labels, here alone. One registry a process. Labels take values of
 * small fixed sets: no names of people, campaigns, datasets or files. Threads report to the main thread, which counts.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export const registry = new Registry();
const registers = [registry];

const counter = <L extends string = never>(name: `${string}_total`, help: string, labelNames: readonly L[] = []) =>
  new Counter<L>({ name: `saltworks_${name}`, help, labelNames, registers });
const histogram = <L extends string = never>(
  name: `${string}_seconds`,
  help: string,
  buckets: number[],
  labelNames: readonly L[] = [],
) => new Histogram<L>({ name: `saltworks_${name}`, help, buckets, labelNames, registers });

/** A number, or one for each value of the labels; `undefined`, and no line, where a part has no such thing. */
export type Observer<L extends string = never> = () => Seen<L> | Promise<Seen<L>>;
type Seen<L extends string> = number | readonly Sample<L>[] | undefined;
interface Sample<L extends string> {
  labels: Partial<Record<L, string>>;
  value: number;
}

/** A gauge that is read at each scrape. */
export interface Observed<L extends string = never> {
  /** What several observers see is added up; one that fails adds nothing. @returns stops it */
  observe(observer: Observer<L>): () => void;
}

function gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Observed<L> {
  const observers = new Set<Observer<L>>();
  const seen = async (observer: Observer<L>) => {
    const found = await Promise.resolve()
      .then(observer)
      .catch(() => undefined);
    return typeof found === 'number' ? [{ labels: {}, value: found }] : (found ?? []);
  };
  new Gauge<L>({
    ...{ name: `saltworks_${name}`, help, labelNames, registers },
    async collect() {
      const samples = (await Promise.all([...observers].map(seen))).flat();
      this.reset();
      if (labelNames.length === 0 && samples.length === 0) this.remove();
      for (const { labels, value } of samples) this.inc(labels, value);
    },
  });
  return {
    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
  };
}

// Of every process.
export const buildInfo = gauge('build_info', 'Always 1; its labels say what runs', ['version', 'node', 'role']);
export const readyParts = gauge('ready', '1 if the part answers, else 0; asked at each scrape', ['part']);
export const eventLoopDelay = histogram(
  'event_loop_delay_seconds',
  'How late a timer of 100 ms fires',
  [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
);
export const processMemory = gauge('process_memory_bytes', 'Memory of the process: rss, heap, external, arrays', [
  'kind',
]);
new Counter({
  ...{
    name: 'saltworks_process_cpu_seconds_total',
    help: 'Processor time of the process, its threads included',
    registers,
  },
  collect() {
    const { user, system } = process.cpuUsage();
    this.reset();
    this.inc((user + system) / 1e6);
  },
});
export const processStart = gauge('process_start_time_seconds', 'When the process began, Unix time');

// People: requests, strokes and their answers.
/** Bounds that matter: 0.12 and 0.4 s, which half and 99 % of the strokes must keep. */
const strokeBuckets = [0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.2, 0.3, 0.4, 0.6, 1, 2, 5, 10, 30];
export const httpRequests = histogram(
  'http_request_seconds',
  'Requests by route template, from the first byte to the end of the answer; streams are left out',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ['method', 'route', 'status'],
);
export const strokesAcknowledged = counter('strokes_acknowledged_total', 'Interactions that are safe on the disk');
export const strokeAcknowledged = histogram(
  'stroke_acknowledged_seconds',
  'From the request with a stroke to its acknowledgement',
  strokeBuckets,
);
export const strokePatch = histogram(
  'stroke_patch_seconds',
  'From the request with a stroke to the event with its labels of nodes',
  strokeBuckets,
);
export const strokePixels = histogram(
  'stroke_pixels_seconds',
  'From the request with a stroke to the event with its mask',
  strokeBuckets,
);
export const assignmentsOpen = gauge('assignments_open', 'Assignments under a lease');
export const streamsOpen = gauge('streams_open', 'Open streams of events');
export const journalBytes = gauge('journal_bytes', 'Length of the journal, which a restart empties');
export const databaseConnections = gauge('database_connections', 'Connections of the pool', ['state']);
export const databaseWaiting = gauge('database_waiting', 'Queries that wait for a connection');

// The batch: queues, runs, activities.
export const queueBacklog = gauge('queue_backlog_tasks', 'Tasks that wait for a worker, about', ['queue', 'kind']);
export const queueBacklogAge = gauge('queue_backlog_age_seconds', 'Age of the oldest waiting task, about', [
  'queue',
  'kind',
]);
export const queuePollers = gauge('queue_pollers', 'Processes that ask the queue for work', ['queue', 'kind']);
export const runsOpen = gauge('runs_open', 'Runs under way, by workflow', ['workflow']);
export const workflowTaskFailures = counter('workflow_task_failures_total', 'Steps of workflows that failed');
export const activitiesRunning = gauge('activities_running', 'Activities under way in this process', ['queue']);
export const activitySeconds = histogram(
  'activity_seconds',
  'Activities by name and outcome',
  [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1200],
  ['activity', 'outcome'],
);
export const imagesExtracted = counter('images_extracted_total', 'Images whose keys were computed and stored');
export const keysFound = counter('keys_found_total', 'Images asked for their keys: hit if they were stored', [
  'outcome',
]);
export const inference = histogram(
  'inference_seconds',
  'One inference of a batch',
  [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ['device'],
);
export const masksMade = counter('masks_made_total', 'Masks that were computed and stored');
export const failures = counter('image_failures_total', 'Images that an attempt failed at, by reason', ['reason']);
export const sessionsOpen = gauge('sessions_open', 'Images that this worker holds open for annotators');
export const sessionBytes = gauge('session_bytes', 'Memory of these, their arenas included');
export const gpuUse = gauge('gpu_use_ratio', 'Part of the time for which the GPU computed', ['gpu']);
export const gpuMemory = gauge('gpu_memory_bytes', 'Memory of the GPU: used, total', ['gpu', 'kind']);

// What things rest on: the store, schedules, webhooks, backups.
export const s3Requests = histogram(
  's3_request_seconds',
  'Requests to the S3 server, each try, until the answer begins',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ['operation', 'outcome'],
);
export const s3Retries = counter('s3_retries_total', 'Requests to the S3 server that are made again');
export const storeFree = gauge('store_free_bytes', 'Room on the disk of a store in a folder');
export const storeUsed = gauge('store_used_bytes', 'What the store holds, as last measured');
export const storeQuota = gauge('store_quota_bytes', 'What the store may hold');
export const schedulesMissed = gauge(
  'schedules_missed',
  'Firings that the schedules missed so far, as Temporal counts',
);
export const firings = counter('firings_total', 'Firings of schedules that are over', ['outcome']);
export const deliveries = counter('deliveries_total', 'Tries to deliver to webhooks: delivered, retried, given_up', [
  'outcome',
]);
export const backupLastSuccess = gauge('backup_last_success_timestamp_seconds', 'When the last backup was whole');

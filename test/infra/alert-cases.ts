/** For each alarm, series with which it fires and series with which it does not, in promtool's notation: a value a minute. */

type Series = Record<string, string>;

export interface Case {
  fires: Series;
  quiet: Series;
  /** When it is looked at; default after half an hour. */
  at?: string;
  /** Beside the severity. */
  labels?: Record<string, string>;
  /** As people read it, where it has a value in it. */
  summary?: string;
}

/** A counter that grows. @param by a minute */
const grows = (by: number) => `0+${by}x60`;
const stays = (value: number) => `${value}+0x60`;
const server = { 'build_info{role="server"}': stays(1) };

/** Of 100 strokes a minute, how many are answered within 0.3 and 0.6 s. */
const answers = (soon: number) => ({
  'stroke_patch_seconds_bucket{le="0.3"}': grows(soon),
  'stroke_patch_seconds_bucket{le="0.6"}': grows(100),
  'stroke_patch_seconds_bucket{le="+Inf"}': grows(100),
});
const delays = (soon: number) => ({
  'event_loop_delay_seconds_bucket{instance="a",le="0.1"}': grows(soon),
  'event_loop_delay_seconds_bucket{instance="a",le="0.5"}': grows(100),
  'event_loop_delay_seconds_bucket{instance="a",le="+Inf"}': grows(100),
});

export const cases: Record<string, Case> = {
  SaltworksServerGone: {
    labels: { role: 'server' },
    fires: { 'build_info{role="worker"}': stays(1) },
    quiet: server,
  },
  SaltworksNotReady: {
    labels: { part: 'store' },
    summary: 'The store does not answer a server or a worker',
    fires: { 'ready{part="store",instance="a"}': stays(1), 'ready{part="store",instance="b"}': stays(0) },
    quiet: { 'ready{part="store",instance="a"}': stays(1), 'ready{part="database",instance="a"}': stays(1) },
  },
  SaltworksRequestsFail: {
    summary: 'More than 5 % of the requests fail: 0.17 a second',
    fires: {
      'http_request_seconds_count{status="200"}': grows(90),
      'http_request_seconds_count{status="500"}': grows(10),
    },
    quiet: {
      'http_request_seconds_count{status="200"}': grows(90),
      'http_request_seconds_count{status="500"}': grows(1),
      'http_request_seconds_count{status="404"}': grows(50),
    },
  },
  SaltworksStrokesUnanswered: {
    fires: { stroke_acknowledged_seconds_count: grows(5), stroke_patch_seconds_count: stays(7) },
    quiet: { stroke_acknowledged_seconds_count: stays(5), stroke_patch_seconds_count: stays(5) },
  },
  SaltworksStrokesSlow: {
    summary: 'One stroke in a hundred waits 0.57 s for its labels; expected 0.4 s at most',
    fires: answers(90),
    quiet: answers(100),
  },
  SaltworksImagesWait: {
    labels: { queue: 'annotate' },
    summary: 'Images that annotators took have waited 45 s for a worker',
    fires: { 'queue_backlog_age_seconds{queue="annotate",kind="activity"}': stays(45) },
    // Shards of a batch may wait.
    quiet: { 'queue_backlog_age_seconds{queue="extract",kind="activity"}': stays(4500) },
  },
  SaltworksNoWorker: {
    labels: { queue: 'extract' },
    summary: 'Work waits in extract, and nobody polls it',
    fires: { 'queue_backlog_tasks{queue="extract"}': stays(3), 'queue_pollers{queue="extract"}': stays(0) },
    quiet: {
      'queue_backlog_tasks{queue="extract"}': stays(0),
      'queue_pollers{queue="extract"}': stays(0),
      'queue_backlog_tasks{queue="propagate"}': stays(9),
      'queue_pollers{queue="propagate"}': stays(1),
    },
  },
  SaltworksWorkflowTasksFail: {
    fires: { workflow_task_failures_total: grows(1) },
    quiet: { workflow_task_failures_total: stays(4) },
  },
  SaltworksActivitiesFail: {
    labels: { activity: 'extractShard' },
    summary: 'Most attempts at extractShard fail',
    fires: {
      'activity_seconds_count{activity="extractShard",outcome="failed"}': grows(2),
      'activity_seconds_count{activity="extractShard",outcome="done"}': grows(1),
    },
    quiet: {
      'activity_seconds_count{activity="extractShard",outcome="failed"}': grows(1),
      'activity_seconds_count{activity="extractShard",outcome="done"}': grows(9),
    },
  },
  SaltworksImagesFail: {
    fires: {
      'image_failures_total{reason="unusable"}': grows(20),
      images_extracted_total: grows(50),
      masks_made_total: grows(50),
    },
    quiet: {
      'image_failures_total{reason="unusable"}': grows(2),
      images_extracted_total: grows(50),
      masks_made_total: grows(50),
    },
  },
  SaltworksScheduleMissed: {
    at: '60m',
    fires: { schedules_missed: '0+0x30 1+0x30' },
    // A schedule with misses is removed.
    quiet: { schedules_missed: '5+0x30 0+0x30' },
  },
  SaltworksScheduleFailed: {
    fires: { 'firings_total{outcome="failed"}': '0+0x10 1+0x50' },
    quiet: { 'firings_total{outcome="failed"}': stays(1), 'firings_total{outcome="done"}': grows(1) },
  },
  SaltworksWebhooksFail: {
    fires: { 'deliveries_total{outcome="given_up"}': '0+0x10 1+0x50' },
    quiet: { 'deliveries_total{outcome="given_up"}': stays(1), 'deliveries_total{outcome="retried"}': grows(1) },
  },
  SaltworksStoreFails: {
    fires: {
      's3_request_seconds_count{operation="PutObject",outcome="ok"}': grows(90),
      's3_request_seconds_count{operation="PutObject",outcome="slow_down"}': grows(10),
    },
    quiet: {
      's3_request_seconds_count{operation="HeadObject",outcome="ok"}': grows(90),
      's3_request_seconds_count{operation="HeadObject",outcome="missing"}': grows(50),
    },
  },
  SaltworksDiskNearlyFull: {
    summary: 'The disk of the store has 3.725GiB left',
    fires: { store_free_bytes: stays(4e9) },
    quiet: { store_free_bytes: stays(6e9) },
  },
  SaltworksQuotaNearlyFull: {
    fires: { store_used_bytes: stays(95e9), store_quota_bytes: stays(100e9) },
    // Without a quota there is no such series.
    quiet: { store_used_bytes: stays(95e9) },
  },
  SaltworksJournalGrows: {
    summary: 'The journal is 600MB long, which makes the next start slow',
    fires: { journal_bytes: stays(600e6) },
    quiet: { journal_bytes: stays(400e6) },
  },
  SaltworksDatabaseBusy: {
    fires: { database_waiting: stays(3) },
    quiet: { database_waiting: '0 4 0 0 0 4 0 0 0 4 0 0 0 4 0 0 0 4 0 0 0 0 0 0 0 4 0 0 0 0 0' },
  },
  SaltworksEventLoopLate: {
    labels: { instance: 'a' },
    summary: 'a is too busy to answer in time',
    fires: delays(90),
    quiet: delays(100),
  },
  SaltworksBackupTooOld: {
    at: '1680m',
    summary: 'The last whole backup is 1d 4h 0m 0s old',
    fires: { backup_last_success_timestamp_seconds: '0+0x1700' },
    quiet: { backup_last_success_timestamp_seconds: '0+0x1000 36000+0x700' },
  },
};

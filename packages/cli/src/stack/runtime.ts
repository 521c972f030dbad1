/** Temporal's own code in this process: its log joins ours, and the steps of workflows that fail are counted. */
import type { Level, Log } from '@saltworks/telemetry/log';
import { workflowTaskFailures } from '@saltworks/telemetry/metrics';
import { DefaultLogger, type LogLevel, MetricsBuffer, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { isDebugging, type Settings } from '../settings.ts';

/** Temporal tells much at INFO. */
const least: Record<Level, LogLevel> = { debug: 'DEBUG', info: 'WARN', warn: 'WARN', error: 'ERROR' };
const ours: Record<LogLevel, Level> = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' };
/** How often what Temporal counts is read: its buffer is small. */
const readMs = 2_000;
const failed = 'workflow_task_execution_failed';

export function installRuntime({ log: { format, level } }: Pick<Settings, 'log'>, log: Log): void {
  const buffer = new MetricsBuffer();
  // We handle signals: the SDK would otherwise stop its workers itself.
  Runtime.install({
    shutdownSignals: [],
    ...(format === 'json'
      ? {
          logger: new DefaultLogger(least[level], ({ level, message, meta }) => log[ours[level]](message, idsOf(meta))),
          telemetryOptions: {
            logging: { forward: {}, filter: makeTelemetryFilterString({ core: least[level], other: 'ERROR' }) },
            metrics: { buffer },
          },
        }
      : {
          logger: new DefaultLogger(isDebugging() ? 'INFO' : 'ERROR'),
          telemetryOptions: { metrics: { buffer } },
        }),
  });
  setInterval(() => {
    for (const { metric, value } of buffer.retrieveUpdates()) {
      if (metric.name.endsWith(failed)) workflowTaskFailures.inc(value);
    }
  }, readMs).unref();
}

/** Of what Temporal tells beside a message: arguments and results of workflows stay out. */
function idsOf(meta: Record<string, unknown> = {}) {
  const { workflowId: workflow, runId: run, workflowType, activityType: activity, taskQueue: queue, attempt } = meta;
  const { error, sdkComponent: component } = meta;
  return { workflow, run, workflowType, activity, queue, attempt, component, error };
}

/** Tracing in a process of ours, if its settings ask for it: only then is OpenTelemetry loaded. */
import type { Traces } from '@saltworks/telemetry/traces';
import { version } from '@saltworks/telemetry/version';
import type { Settings } from './settings.ts';

/** @param role names the process in its traces @param log receives a line when spans get lost, now and then */
export async function openTracing(
  { traces }: Settings,
  role: 'server' | 'worker' | 'command',
  log: (message: string) => void,
): Promise<Traces | undefined> {
  if (!traces) return undefined;
  const { openTraces } = await import('@saltworks/telemetry/traces');
  return openTraces(traces, { role, version, log });
}

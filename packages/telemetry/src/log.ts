/** What a process writes about itself: lines of text for people, or lines of JSON for collectors. */
import { AsyncLocalStorage } from 'node:async_hooks';
import pino from 'pino';
import { activeSpan } from './spans.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** What belongs to a message: ids of requests, callers and workflows, counts, reasons; never a secret or an address. */
export type Fields = Readonly<Record<string, unknown>>;

type Say = (message: string, fields?: Fields) => void;

/** Text shows the message alone, behind the role; JSON shows the fields too, and the ids of {@link within} and the trace. */
export interface Log {
  debug: Say;
  info: Say;
  warn: Say;
  error: Say;
  /** An event that only collectors want, one for each request: a line of JSON at `info`, no line of text. */
  event: Say;
  /** A log whose lines all carry these fields. */
  with(fields: Fields): Log;
}

export interface LogOptions {
  format: 'text' | 'json';
  /** Less is not written. */
  level: Level;
  /** Before each line of text; default the role. */
  prefix?: string;
  /** Takes one line, its end included; by default warnings and errors go to standard error, the rest to standard output. */
  write?(line: string, level: Level): void;
}

/** @param role of the process: up, server or worker */
export function openLog(role: string, { format, level, prefix = `${role}: `, write = toStreams }: LogOptions): Log {
  return format === 'json' ? jsonLog(role, level, write) : textLog(prefix, level, write);
}

const toStreams = (line: string, level: Level) =>
  void (level === 'warn' || level === 'error' ? process.stderr : process.stdout).write(line);

function textLog(prefix: string, least: Level, write: NonNullable<LogOptions['write']>): Log {
  const at = (level: Level): Say =>
    levels.indexOf(level) < levels.indexOf(least) ? () => {} : (message) => write(`${prefix}${message}\n`, level);
  const log: Log = {
    ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    event: () => {},
    with: () => log,
  };
  return log;
}

function jsonLog(role: string, level: Level, write: NonNullable<LogOptions['write']>): Log {
  let current: Level = 'info';
  const logger = pino(
    {
      base: { role },
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error) => described(error, level === 'debug') },
      mixin: () => ({ ...around.getStore(), ...traced() }),
    },
    { write: (line) => write(line, current) },
  );
  const over = (logger: pino.Logger): Log => {
    const at =
      (level: Level): Say =>
      (message, fields) => {
        current = level;
        logger[level](fields ?? {}, message);
      };
    return {
      ...{ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
      event: at('info'),
      with: (fields) => over(logger.child(fields)),
    };
  };
  return over(logger);
}

/** Stacks name files of this machine, so that only `debug` shows them. */
function described(error: unknown, stack: boolean) {
  if (!(error instanceof Error)) return error;
  return { name: error.name, message: error.message, ...(stack ? { stack: error.stack } : {}) };
}

const around = new AsyncLocalStorage<Fields>();

/** Runs work whose lines of JSON all carry these fields: the id of a request, or of a workflow and its activity. */
export const within = <T>(fields: Fields, work: () => T): T => around.run({ ...around.getStore(), ...fields }, work);

function traced(): Fields | undefined {
  const span = activeSpan();
  return span && { trace: span.trace };
}

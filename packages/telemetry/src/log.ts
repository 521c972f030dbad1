/** What a process writes about itself: a line of text for people, or a line of JSON for collectors. */
import pino from 'pino';

export type Fields = Readonly<Record<string, unknown>>;

/** Takes a message, and what belongs to it: ids of requests and workflows, counts, reasons; never a secret. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log whose lines all carry these fields. */
  with(fields: Fields): Log;
}

/**
 * @param write takes one line, its end included
 * @param role of the process: server or worker
 */
export function jsonLog(role: string, write: (line: string) => void): Log {
  return over(pino({ base: { role }, timestamp: pino.stdTimeFunctions.isoTime }, { write }));
}

function over(logger: pino.Logger): Log {
  return {
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    with: (fields) => over(logger.child(fields)),
  };
}

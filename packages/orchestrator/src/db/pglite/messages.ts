/** Messages between the process and PGlite's thread. */

/** A query. Without parameters it may be several statements. */
export interface Call {
  id: number;
  sql: string;
  parameters: unknown[];
}

export interface Answer {
  /** Of the last statement. */
  rows: unknown[];
  /** Rows that an insert, update or delete changed. */
  affected: number;
}

export interface PgliteError {
  code?: string;
  message: string;
  constraint?: string;
}

export type Reply =
  | { id: number; answer: Answer }
  | { id: number; error: PgliteError }
  | { channel: string; payload: string }
  | { ready: true }
  | { failed: PgliteError };

/**
 * Bytes that have to be free before a write. With less, PGlite would fail in the middle: it takes 16 MiB at a time for
 * its log, and ends when it gets none.
 */
export const roomToWrite = 32 * 1024 * 1024;

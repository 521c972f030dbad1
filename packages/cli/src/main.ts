#!/usr/bin/env node
import { main } from './program.ts';

const isRole = ['up', 'server', 'worker'].includes(process.argv[2]);

// A reader that closed the pipe (`saltworks … | head`) is not a failure.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0);
  // A server keeps running when the disk of its log is full; an answer that cannot be written is a failure.
  if (!isRole) process.exit(1);
});
process.stderr.on('error', () => {});

process.exitCode = await main(process.argv.slice(2));
// A role's handles may keep the process alive while the supervisor waits for it to end: of one that failed half open, and of
// calls to Temporal that its client would try again.
if (isRole) process.exit();
// The channel to the supervisor would keep a process of the embedded stack alive.
if (process.connected) process.disconnect();

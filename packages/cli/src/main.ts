import { main } from './program.ts';

const isRole = ['up', 'server', 'worker'].includes(process.argv[2]);

// A reader that went away (`saltworks … | head`) is no failure of ours.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') process.exit(0);
  // A server goes on when the disk with its log is full; an answer that could not be written is a failure.
  if (!isRole) process.exit(1);
});
process.stderr.on('error', () => {});

process.exitCode = await main(process.argv.slice(2));
// A role that failed may be half open: what it holds would keep it alive, and whoever supervises it waits for its end.
if (isRole && process.exitCode !== 0) process.exit();
// A process of the embedded stack holds a channel to its supervisor, which would keep it alive.
if (process.connected) process.disconnect();

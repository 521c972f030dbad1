import { main } from './program.ts';

// A reader that went away (`saltworks … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2));
// A process of the embedded stack holds a channel to its supervisor, which would keep it alive.
if (process.connected) process.disconnect();

import { main } from './program.ts';

// Interrupted: whatever was being written lies under a temporary name and never shows as a result.
process.once('SIGINT', () => process.exit(130));
// A reader that went away (`saltworks … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2));

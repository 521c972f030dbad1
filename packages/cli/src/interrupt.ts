/** Ctrl-C: the first stops cleanly, the second ends the process at once. */
const controller = new AbortController();
process.once('SIGINT', () => controller.abort(new Error('interrupted')));

export const interruption: AbortSignal = controller.signal;

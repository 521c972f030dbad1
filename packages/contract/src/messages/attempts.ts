/** How often steps are tried, where both workflows and others must know. */

/** Tries of one step of a run; with the pauses between them, at least a quarter of an hour. */
export const ATTEMPTS = 20;

/** The type of an attempt's failure whose worker was told to stop: another worker goes on with it at once. */
export const HANDED_OVER = 'HandedOver';

/** Tries at comparing a pair of masks. The last one stores its failure, whatever the reason. */
export const agreeAttempts = 5;

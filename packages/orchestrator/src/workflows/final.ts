/** Errors that stay so however often a step is tried, by the names of their classes. */

/** Of our own, which no other attempt mends. */
export const defects = ['TypeError', 'RangeError', 'ReferenceError'];

/** Input that cannot be used, an object that is not there, and defects. */
export const nonRetryableErrorTypes = ['InvalidInputError', 'ObjectMissingError', ...defects];

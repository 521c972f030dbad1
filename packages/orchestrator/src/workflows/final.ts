/** Errors that another attempt cannot mend, by the names of their classes. */

/** Our own defects, malformed messages among them. */
export const defects = ['TypeError', 'RangeError', 'ReferenceError'];

/** Unusable input, a missing object, and defects. */
export const nonRetryableErrorTypes = ['InvalidInputError', 'ObjectMissingError', ...defects];

/**
 * Errors that stay so however often a step is tried, by the names of their classes: input that cannot be used, an object
 * that is not there, and defects of our own, which no other attempt mends.
 */
export const nonRetryableErrorTypes = [
  'InvalidInputError',
  'ObjectMissingError',
  'TypeError',
  'RangeError',
  'ReferenceError',
];

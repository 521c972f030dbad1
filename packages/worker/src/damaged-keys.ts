/** Keys are damaged, and this worker cannot make them again: another one, or a later try, may. */
export class DamagedKeysError extends Error {
  override name = 'DamagedKeysError';
}

/** Lists tell milliseconds, heads do not: of one object both say the same. */
export const inSeconds = (at: Date): Date => new Date(1000 * Math.floor(at.getTime() / 1000));

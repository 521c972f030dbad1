/** Names that look the same: macOS writes é as e and an accent, others as one letter. */

/** Two names are one if this is the same of both. */
export const asSeen = (name: string): string => name.normalize('NFC');

/** A name with every letter outside ASCII by its number: of two that look the same it tells which is which. */
export const asWritten = (name: string): string =>
  name.replace(/[^\x20-\x7e]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);

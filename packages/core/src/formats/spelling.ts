/** Names that look the same: macOS writes é as e and an accent, other systems as one letter. */

/** Names that look the same have the same form. */
export const asSeen = (name: string): string => name.normalize('NFC');

/** A name with every letter outside ASCII as its number, to tell apart two names that look the same. */
export const asWritten = (name: string): string =>
  name.replace(/[^\x20-\x7e]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);

/** Ids that cannot be guessed. */
import { randomBytes } from 'node:crypto';

/** 16 random bytes as base64url. */
export const newId = (): string => randomBytes(16).toString('base64url');

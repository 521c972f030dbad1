/**
 * Secrets of webhooks: made here, told once, kept sealed, and the signatures that they make, as Standard Webhooks has them.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const prefix = 'whsec_';

export const newSecret = (): string => prefix + randomBytes(32).toString('base64');

/** Headers that let a receiver check who sent a body, and when. @param at of this try, milliseconds since 1970 */
export function signed(secret: string, { message, body, at }: { message: string; body: string; at: number }) {
  const seconds = Math.floor(at / 1000);
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${message}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': message, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

export interface Sealer {
  /** @param owner to which the text belongs: moved elsewhere, it opens no more */
  seal(owner: string, text: string): string;
  /** @throws Error if it was sealed by another secret, or for another owner */
  open(owner: string, sealed: string): string;
}

const cipher = 'aes-256-gcm';
/** Bytes of the nonce, and of the tag. */
const NONCE = 12;
const TAG = 16;

/** Keeps texts that only this server can read. @param secret the server's */
export function openSealer(secret: string): Sealer {
  // A key of its own: nothing else that the secret signs helps to open a seal.
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'saltworks webhooks', 32));
  return {
    seal(owner, text) {
      const nonce = randomBytes(NONCE);
      const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(owner));
      const bytes = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
      return Buffer.concat([nonce, bytes, sealing.getAuthTag()]).toString('base64url');
    },
    open(owner, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, NONCE), { authTagLength: TAG });
      opening.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(-TAG));
      return Buffer.concat([opening.update(bytes.subarray(NONCE, -TAG)), opening.final()]).toString('utf8');
    },
  };
}

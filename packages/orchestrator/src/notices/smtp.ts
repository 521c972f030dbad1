/** The mail server that e-mail is handed to. */
import { createTransport } from 'nodemailer';

export interface SmtpSettings {
  host: string;
  port: number;
  /** `starttls`: nothing is sent before TLS begins; `implicit`: TLS from the first byte; `none`: plain text. */
  tls: 'starttls' | 'implicit' | 'none';
  user?: string;
  password?: string;
  /** `saltworks@example.org`, or `Saltworks <saltworks@example.org>`. */
  from: string;
}

export interface Mail {
  /** The same whenever it is sent again. */
  id: string;
  to: string;
  subject: string;
  /** Lines end in `\n`. */
  text: string;
}

/** Resolves once the mail server has taken the mail. @throws Error, see {@link isFinal} */
export type SendMail = (mail: Mail) => Promise<void>;

const PATIENCE_MS = 15_000;

/** One address without a name: nothing of it can be read as a second address, or as a line of its own. */
const oneAddress = /^[^\s@<>()[\],;:\\"\p{Cc}]+@[^\s@<>()[\],;:\\"\p{Cc}]+$/u;

/** @param ca certificates of authorities, in PEM; default: Node's own */
export function openSmtp(settings: SmtpSettings, { ca }: { ca?: string } = {}): SendMail {
  const { host, port, tls, user, password: pass, from } = settings;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(user !== undefined && { auth: { user, pass } }),
    ...(ca !== undefined && { tls: { ca } }),
    ...{ connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS },
    // A mail is text alone: nothing in it names a file or an address to read.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return async ({ id, to, subject, text }) => {
    if (!oneAddress.test(to)) throw new RefusedMailError('not one e-mail address');
    await transport.sendMail({
      from,
      to: { name: '', address: to },
      subject: oneLine(subject),
      text,
      messageId: `<${id}@saltworks>`,
      // No out-of-office replies.
      headers: { 'auto-submitted': 'auto-generated' },
    });
  };
}

/** Text that people chose, as a part of a line: what would end the line, or steer a terminal, is a blank. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();

class RefusedMailError extends Error {}

/** Whether another try is useless: the mail server refused this mail for good (5xx), or we do. A password may still be set right. */
export function isFinal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  return error instanceof RefusedMailError || (responseCode >= 500 && code !== 'EAUTH');
}

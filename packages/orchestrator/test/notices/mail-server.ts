/** A mail server in this process, which keeps what it takes. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SmtpSettings } from '../../dist/notices/smtp.js';

/** A certificate for localhost that signed itself, and its key: of these tests alone. */
export const certificate = readFileSync(new URL('localhost.pem', import.meta.url), 'utf8');

export interface Taken {
  from: string;
  to: string[];
  /** The user who signed in; undefined for none. */
  user?: string;
  secure: boolean;
  /** By name in small letters; of one that comes twice all values. */
  headers: Record<string, string[]>;
  text: string;
}

export interface MailServer {
  taken: Taken[];
  /** Answers to the next mails: the last of them for ever; null takes the mail. */
  answers: ({ code: number; text: string } | null)[];
  settings: SmtpSettings;
  close(): Promise<void>;
}

export async function openMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const taken: Taken[] = [];
  const state: Pick<MailServer, 'taken' | 'answers'> = { taken, answers: [null] };
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    key: certificate,
    cert: certificate,
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const answer = state.answers.length > 1 ? state.answers.shift() : state.answers[0];
        if (answer) return done(Object.assign(new Error(answer.text), { responseCode: answer.code }));
        const { mailFrom, rcptTo } = session.envelope;
        state.taken.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          ...(session.user !== undefined && { user: String(session.user) }),
          secure: session.secure,
          ...partsOf(Buffer.concat(parts).toString()),
        });
        done();
      });
    },
    ...options,
  });
  // A client that does not trust us goes away.
  server.on('error', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.server.address() as AddressInfo;
  return Object.assign(state, {
    settings: { host: 'localhost', port, tls: 'none', from: 'Saltworks <salt@example.org>' } satisfies SmtpSettings,
    close: () => new Promise<void>((closed) => server.close(closed)),
  });
}

function partsOf(mail: string): Pick<Taken, 'headers' | 'text'> {
  const end = mail.indexOf('\r\n\r\n');
  const headers: Taken['headers'] = {};
  for (const line of mail
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const [, name, value] = /^([^:]+): ?(.*)$/s.exec(line)!;
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  const body = mail.slice(end + 4).replaceAll('\r\n', '\n');
  const quoted = headers['content-transfer-encoding']?.[0] === 'quoted-printable';
  const bytes = body
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { headers, text: quoted ? Buffer.from(bytes, 'latin1').toString('utf8') : body };
}

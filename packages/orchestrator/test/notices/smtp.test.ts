/** Mails handed to a mail server: how the server is reached, and that nothing in a mail becomes a header or an address. */
import { afterEach, describe, expect, test } from 'vitest';
import { sentBackLetter, signInLetter } from '../../dist/notices/letters.js';
import { isFinal, type Mail, openSmtp, type SmtpSettings } from '../../dist/notices/smtp.js';
import { certificate, type MailServer, openMailServer } from './mail-server.ts';

let server: MailServer;
afterEach(() => server.close());

const mail: Mail = { id: 'one', to: 'ann@example.org', subject: 'A word', text: 'Grüße.\nA line.\n' };
const errorOf = (settings: SmtpSettings, given: Partial<Mail> = {}, trust?: { ca: string }) =>
  openSmtp(
    settings,
    trust,
  )({ ...mail, ...given }).then(
    () => undefined,
    (error: Error) => error,
  );
const withTls = () =>
  openMailServer({
    disabledCommands: [],
    onAuth: ({ username, password }, _, done) =>
      password === 'right'
        ? done(null, { user: username })
        : done(Object.assign(new Error('no'), { responseCode: 535 })),
  });

test('a mail is plain text with one sender and one receiver', async () => {
  server = await openMailServer();
  expect(await errorOf(server.settings)).toBeUndefined();
  expect(server.taken).toEqual([
    {
      ...{ from: 'salt@example.org', to: ['ann@example.org'], secure: false, text: mail.text },
      headers: expect.objectContaining({
        from: ['Saltworks <salt@example.org>'],
        to: ['ann@example.org'],
        subject: ['A word'],
        'message-id': ['<one@saltworks>'],
        'auto-submitted': ['auto-generated'],
        'content-type': ['text/plain; charset=utf-8'],
      }),
    },
  ]);
});

describe('over TLS', () => {
  test('the server signs in, once the connection is encrypted', async () => {
    server = await withTls();
    const settings: SmtpSettings = { ...server.settings, tls: 'starttls', user: 'salt', password: 'right' };
    expect(await errorOf(settings, {}, { ca: certificate })).toBeUndefined();
    expect(server.taken).toMatchObject([{ user: 'salt', secure: true }]);
    const wrong = await errorOf({ ...settings, password: 'wrong' }, {}, { ca: certificate });
    expect(isFinal(wrong)).toBe(false);
    expect(wrong?.message).not.toContain('wrong');
  });

  test('nothing is sent to a server whose certificate is not trusted', async () => {
    server = await withTls();
    const error = await errorOf({ ...server.settings, tls: 'starttls', user: 'salt', password: 'right' });
    expect(error?.message).toMatch(/self-signed certificate/);
    expect(isFinal(error)).toBe(false);
    expect(server.taken).toEqual([]);
  });

  test('nothing is sent to a server without TLS', async () => {
    server = await openMailServer({ disabledCommands: ['STARTTLS'] });
    const error = await errorOf({ ...server.settings, tls: 'starttls' });
    expect(error?.message).toMatch(/STARTTLS/);
    expect(server.taken).toEqual([]);
  });

  test('from the first byte', async () => {
    server = await openMailServer({ secure: true, disabledCommands: ['AUTH'] });
    expect(await errorOf({ ...server.settings, tls: 'implicit' }, {}, { ca: certificate })).toBeUndefined();
    expect(server.taken).toMatchObject([{ secure: true }]);
  });
});

const evil = 'Salt\r\nBcc: eve@example.org\r\n\r\nPay at http://evil.test\u2028now\u0000';

test.each([
  ['of a campaign that was joined', signInLetter({ link: 'http://salt.test/in?token=t', campaign: evil })],
  ['of a campaign with work', sentBackLetter('http://salt.test', [{ name: evil, images: 2 }])],
  ['of anything', { subject: evil, text: mail.text }],
])('a name %s makes no header, no receiver and no line', async (_, letter) => {
  server = await openMailServer();
  expect(await errorOf(server.settings, letter)).toBeUndefined();
  const [{ to, headers, text }] = server.taken;
  expect(to).toEqual(['ann@example.org']);
  expect(headers).not.toHaveProperty('bcc');
  expect(headers.subject).toHaveLength(1);
  expect(text).not.toMatch(/^(Bcc|Pay)|\p{Cc}(?<!\n)|\u2028/mu);
});

test.each([
  'ann@example.org\r\nRCPT TO:<eve@example.org>',
  'ann@example.org, eve@example.org',
  'Ann <ann@example.org>',
  '"ann\\"@example.org',
  'list: ann@example.org;',
  'ann',
  '',
])('%j is no address to send to', async (to) => {
  server = await openMailServer();
  const error = await errorOf(server.settings, { to });
  expect(error?.message).toBe('not one e-mail address');
  expect(isFinal(error)).toBe(true);
  expect(server.taken).toEqual([]);
});

test.each([
  [450, false],
  [552, true],
])('an answer %i is final: %s', async (code, final) => {
  server = await openMailServer();
  server.answers = [{ code, text: 'not now' }];
  expect(isFinal(await errorOf(server.settings))).toBe(final);
});

/** The server: whether it answers and is ready, its clock, and the address that people use. */
import { getHealth } from '@saltworks/contract/api/accounts';
import { addressOf } from '@saltworks/contract/api/endpoint';
import * as z from '@saltworks/contract/zod';
import { askDocument } from './ask.ts';
import { type Check, type Finding, fails, ok, oneLine, warning } from './check.ts';
import { skewOf } from './clock.ts';

export const checkServer: Check = async ({ settings, url, part }, signal) => {
  if (url === undefined) return [];
  const findings: Finding[] = [];
  // Where people go; the command may go another way.
  const page = settings.url ?? url;
  const { hostname, protocol } = new URL(page);
  const isHere = hostname === 'localhost' || hostname === '::1' || /^127\./.test(hostname);
  if (protocol === 'http:' && !isHere && part !== 'worker') {
    const mend = 'a proxy with TLS in front, and SALTWORKS_URL=https://…';
    const said = `${page} is not encrypted`;
    findings.push(
      settings.oidc
        ? fails('server.url', `${said}, and people sign in with OpenID Connect`, mend)
        : warning('server.url', said, mend),
    );
  }
  try {
    const asked = Date.now();
    const answer = await fetch(`${url}${addressOf(getHealth)}`, { signal });
    const date = Date.parse(answer.headers.get('date') ?? '');
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    findings.unshift(ok('server', `${url} answers`));
    // A second may lie between the header and the answer.
    const ahead = Math.max(0, date - Date.now()) || Math.min(0, date + 1000 - asked);
    if (!Number.isNaN(date)) findings.push(skewOf('server.clock', 'the server', ahead));
    findings.push(...(await readyAt(url, signal)));
  } catch (error) {
    findings.unshift(
      fails('server', `${url} does not answer: ${oneLine(error)}`, 'SALTWORKS_URL, the server, or the proxy in front'),
    );
  }
  return findings;
};

const probe = z.object({ parts: z.record(z.string(), z.string()) });

/** What the server says of what it needs. */
async function readyAt(url: string, signal: AbortSignal): Promise<Finding[]> {
  const { ok: isReady, document } = await askDocument(`${url}/readyz`, probe, signal);
  // A proxy that shows the probes to nobody, or a server of before.
  if (!document) return [];
  const parts = Object.entries(document.parts);
  if (isReady) return [ok('server.ready', `${parts.map(([part]) => part).join(', ')} answer it`)];
  const away = parts.filter(([, said]) => said !== 'ok').map(([part, said]) => `${part}: ${said}`);
  return [fails('server.ready', away.join('; ') || 'it is stopping', 'that part, as the server reaches it')];
}

/** The OpenID Connect provider: whether it says what it is. */
import * as z from '@saltworks/contract/zod';
import { askDocument } from './ask.ts';
import { type Check, fails, ok, oneLine } from './check.ts';
import { isServer } from './deployment.ts';

const provider = z.object({ issuer: z.string(), authorization_endpoint: z.string() });

export const checkOidc: Check = async (place, signal) => {
  const { oidc } = place.settings;
  if (!oidc || !isServer(place)) return [];
  const address = `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const mend = 'SALTWORKS_OIDC_ISSUER, or the network: the server itself has to reach it';
  try {
    const { ok: isThere, status, document } = await askDocument(address, provider, signal);
    if (!isThere) return [fails('oidc', `${address} answers ${status}`, mend)];
    if (!document) return [fails('oidc', `${address} describes no provider`, mend)];
    const { issuer } = document;
    if (issuer.replace(/\/$/, '') !== oidc.issuer.replace(/\/$/, '')) {
      return [fails('oidc', `${address} is of the issuer ${issuer}`, `SALTWORKS_OIDC_ISSUER=${issuer}`)];
    }
    return [ok('oidc', `${issuer} answers`)];
  } catch (error) {
    return [fails('oidc', `${address}: ${oneLine(error)}`, mend)];
  }
};

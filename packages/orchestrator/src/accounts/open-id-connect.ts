/** Who may sign in by OpenID Connect. */
import { InvalidInputError } from '@saltworks/contract/errors';

export interface OpenIdConnect {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Domains whose verified addresses may open an account, in lower case; none: who has an account here already. */
  domains: readonly string[];
}

/**
 * @param list comma-separated: `example.org, example.com`
 * @throws InvalidInputError
 */
export function domainsOf(list: string): string[] {
  const domains = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const wrong = domains.find((each) => !/^([a-z0-9-]+\.)+[a-z0-9-]+$/.test(each));
  if (wrong === undefined) return domains;
  throw new InvalidInputError(`SALTWORKS_OIDC_DOMAINS with ${wrong}; expected domains: example.org,example.com`);
}

/** Whether an address that the provider verified may open an account. Subdomains are domains of their own. */
export const mayOpenAccount = ({ domains }: OpenIdConnect, email: string): boolean =>
  domains.includes(email.toLowerCase().slice(email.lastIndexOf('@') + 1));

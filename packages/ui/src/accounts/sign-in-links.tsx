/** Sign-in links made on this page: each is shown once, until the page is left. */
import { useState } from 'react';
import { Secret } from '../secret.tsx';

export interface SignInLink {
  who: string;
  link: string;
  /** They get another one by e-mail. */
  mailed?: boolean;
}

/** The newest first; a second link does not hide the first. */
export function useSignInLinks() {
  const [links, setLinks] = useState<SignInLink[]>([]);
  return {
    links,
    add: (who: string, link: string, mailed?: boolean) => setLinks((known) => [{ who, link, mailed }, ...known]),
  };
}

export const SignInLinks = ({ links }: { links: SignInLink[] }) => (
  <div role="status">
    {links.map(({ who, link, mailed }) => (
      <Secret key={link} name={`Sign-in link of ${who}`} value={link}>
        This link signs {who} in once, within ten minutes; it is not shown again. Send it to them and nobody else.
        {mailed && ' They also get a link of their own by e-mail.'}
      </Secret>
    ))}
  </div>
);

/** Sign-in by e-mail and password; sign-in links need no form. */
import { getSignInWays, postSignInEmail, postSignInSocial } from '@saltworks/contract/api/sign-in';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';

const notInvited = 'No account has your e-mail address here. Ask whoever runs this server for one.';

/** The server's codes for sign-ins that failed, in words. */
const errors: Record<string, string> = {
  INVALID_TOKEN:
    'This link was used before, ran out or was cut short. Each link signs in once, and not for long: ask for a new one.',
  SIGNUP_DISABLED: notInvited,
  UNABLE_TO_CREATE_USER: notInvited,
  ACCOUNT_NOT_LINKED:
    'Nobody has verified your e-mail address yet: your provider, or a sign-in link here, does. Ask for a link.',
  403: 'This account was ended. Ask whoever runs this server.',
  429: 'Too many have tried to sign in from here. Wait a minute, then open the link again.',
};

export function SignInPage() {
  const [failure, setFailure] = useState('');
  const error = new URLSearchParams(location.search).get('error');
  const [provider, setProvider] = useState<string | null>(null);
  useEffect(() => {
    document.title = 'Sign in · Saltworks';
    ask(getSignInWays).then(
      ({ openIdConnect }) => setProvider(openIdConnect),
      () => {},
    );
  }, []);
  return (
    <main className="page narrow sign-in">
      <p className="brand">Saltworks</p>
      <h1>Sign in</h1>
      {error && (
        <p role="alert" className="note-line">
          {errors[error.toUpperCase()] ?? 'Signing in did not work. Try again, or ask for a new link.'}
        </p>
      )}
      <form
        className="stack"
        onSubmit={async (event) => {
          event.preventDefault();
          const fields = new FormData(event.currentTarget);
          setFailure('');
          try {
            const [email, password] = ['email', 'password'].map((name) => String(fields.get(name)));
            await ask(postSignInEmail, { body: { email, password } });
            location.href = '/';
          } catch (error) {
            setFailure((error as Error).message);
          }
        }}
      >
        <label>
          E-mail
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" className="main">
          Sign in
        </button>
        {provider && (
          <button type="button" onClick={() => void leaveForProvider(setFailure)}>
            Sign in with {provider}
          </button>
        )}
        <p role="alert" className="failure">
          {failure}
        </p>
      </form>
      <p className="hint">
        No password, or forgotten? Whoever manages your campaign or runs this server can make you a link that signs you
        in; then set one on your account page.
      </p>
    </main>
  );
}

/** Goes to the provider's page, which leads back here. */
async function leaveForProvider(fail: (message: string) => void): Promise<void> {
  try {
    const back = { callbackURL: '/', errorCallbackURL: '/sign-in' };
    location.href = (await ask(postSignInSocial, { body: { provider: 'oidc', ...back } })).url;
  } catch (error) {
    fail((error as Error).message);
  }
}

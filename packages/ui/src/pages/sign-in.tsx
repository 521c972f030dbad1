/** Signing in by e-mail and password; links that were sent or printed sign in by themselves. */
import { useEffect, useState } from 'react';
import { api } from '../api.ts';

/** What the server says of a link, in plain words. */
const errors: Record<string, string> = {
  INVALID_TOKEN: 'This link was used before or was cut short. Each link signs in once: ask for a new one.',
  EXPIRED_TOKEN: 'This link ran out: links hold for ten minutes. Ask for a new one.',
  ATTEMPTS_EXCEEDED: 'This link was used before. Each link signs in once: ask for a new one.',
};

export function SignInPage() {
  const [failure, setFailure] = useState('');
  const error = new URLSearchParams(location.search).get('error');
  useEffect(() => {
    document.title = 'Sign in · Saltworks';
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
            await api('POST', '/api/auth/sign-in/email', {
              email: fields.get('email'),
              password: fields.get('password'),
            });
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
        <p role="alert" className="failure">
          {failure}
        </p>
      </form>
      <p className="hint">No password? Whoever runs this server can give you a link that signs you in.</p>
    </main>
  );
}

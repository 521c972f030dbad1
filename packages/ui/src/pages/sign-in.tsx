/** Signing in by e-mail and password; links that were sent or printed sign in by themselves. */
import { useState } from 'react';
import { api } from '../api.ts';

export function SignInPage() {
  const [failure, setFailure] = useState('');
  return (
    <main className="page narrow">
      <h1>Sign in</h1>
      <form
        className="stack"
        onSubmit={async (event) => {
          event.preventDefault();
          const fields = new FormData(event.currentTarget);
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
        {failure && <p role="alert">{failure}</p>}
      </form>
      <p className="hint">No password? Whoever runs this server can give you a link that signs you in.</p>
    </main>
  );
}

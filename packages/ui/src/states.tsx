/** A page that is not there yet, and one that will not come. */
import { ApiError } from './api.ts';

export const Loading = ({ what }: { what: string }) => (
  <main className="page" aria-busy="true">
    <p className="loading" role="status">
      Loading {what}…
    </p>
  </main>
);

export function Failed({ error, again }: { error: Error; again?(): void }) {
  const signedOut = error instanceof ApiError && error.status === 401;
  return (
    <main className="page">
      <h1>{signedOut ? 'You are signed out' : 'That did not work'}</h1>
      <p role="alert">{signedOut ? 'Sign in to go on; what you drew is kept.' : error.message}</p>
      <p>
        {signedOut ? <a href="/sign-in">Sign in</a> : <a href="/">All campaigns</a>}{' '}
        {again && (
          <button type="button" onClick={again}>
            Try again
          </button>
        )}
      </p>
    </main>
  );
}

/** Loading and failure states of pages and panels. */
import { ApiError } from './api.ts';
import type { Loaded } from './load.ts';

export const Loading = ({ what }: { what: string }) => (
  <main className="page">
    <Coming what={what} />
  </main>
);

export const Failed = ({ error, again }: { error: Error; again?(): void }) => (
  <main className="page">
    <h1>{isSignedOut(error) ? 'You are signed out' : 'That did not work'}</h1>
    <Trouble error={error} again={again} />
    <p>
      <a href="/">All campaigns</a>
    </p>
  </main>
);

const isSignedOut = (error: Error) => error instanceof ApiError && error.status === 401;

const Coming = ({ what }: { what: string }) => (
  <p className="loading" role="status" aria-busy="true">
    Loading {what}…
  </p>
);

/** A failure: its reason, and a way out. */
export function Trouble({ error, again }: { error: Error; again?(): void }) {
  return (
    <div className="trouble">
      <p role="alert">{isSignedOut(error) ? 'Sign in to go on; what you drew is kept.' : error.message}</p>
      {isSignedOut(error) ? (
        <a className="button" href="/sign-in">
          Sign in
        </a>
      ) : (
        again && (
          <button type="button" onClick={again}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

/** Shows loaded data, or its loading or failure state. */
export function Await<T>({
  loaded: { value, error, again },
  what,
  children,
}: {
  loaded: Loaded<T>;
  what: string;
  children(value: T): React.ReactNode;
}) {
  if (value !== undefined) return children(value);
  return error ? <Trouble error={error} again={again} /> : <Coming what={what} />;
}

/** A section of a page with a heading. */
export function Panel({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

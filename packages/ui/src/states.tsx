/** Loading and failure states of pages and panels. */
import { ApiError } from './api.ts';
import { Brand } from './brand.tsx';
import type { Loaded } from './load.ts';

/** A whole page that has nothing to show but words, and ways to go on. */
export const Plain = ({ title, children }: { title?: string; children: React.ReactNode }) => (
  <>
    <header className="bar">
      <Brand />
    </header>
    <main className="page notice">
      {title && <h1>{title}</h1>}
      {children}
    </main>
  </>
);

export const Loading = ({ what }: { what: string }) => (
  <Plain>
    <Coming what={what} />
  </Plain>
);

export const Failed = ({ error, again }: { error: Error; again?(): void }) => (
  <Plain title={isSignedOut(error) ? 'You are signed out' : 'That did not work'}>
    <Trouble error={error} again={again} />
    <p>
      <a href="/">All campaigns</a>
    </p>
  </Plain>
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

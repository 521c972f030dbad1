/** The caller's password: set first, changed, or reset after signing in by a link. */
import { getMePassword, putMePassword } from '@saltworks/contract/api/accounts';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { Await, Panel } from '../states.tsx';

export function PasswordPanel({ email }: { email: string }) {
  const state = useLoaded(getMePassword, {});
  const [done, setDone] = useState(false);
  const { failure, attempt } = useAttempt(state.again);
  const save = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    setDone(false);
    void attempt(async () => {
      const [password, current] = ['password', 'current'].map((name) => fields.get(name)?.toString());
      await ask(putMePassword, { body: { password: password ?? '', current } });
      form.reset();
      setDone(true);
    });
  };
  return (
    <Panel title="Password">
      <p className="hint">
        With one you sign in by your e-mail address, without a link. A new one signs you out everywhere else; API keys
        stay.
      </p>
      <Await loaded={state} what="your password">
        {({ set, needed }) => (
          <form onSubmit={save}>
            <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
            <div className="add">
              {needed && (
                <label>
                  Current password
                  <input name="current" type="password" autoComplete="current-password" required maxLength={128} />
                </label>
              )}
              <label>
                New password, 12 characters or more
                <input
                  name="password"
                  type="password"
                  autoComplete="new-password"
                  required
                  minLength={12}
                  maxLength={128}
                />
              </label>
              <button type="submit">{set ? 'Change' : 'Set'}</button>
            </div>
          </form>
        )}
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
      <p role="status">{done && 'Saved. You can sign in with it from now on.'}</p>
    </Panel>
  );
}

/** Whether the caller wants e-mail of their work; nothing where the server sends none. */
import { getMeMail, putMeMail } from '@saltworks/contract/api/accounts';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { Panel } from '../states.tsx';

export function MailPanel() {
  const state = useLoaded(getMeMail, {});
  const { failure, attempt } = useAttempt(state.again);
  if (!state.value?.sent) return null;
  const set = (wanted: boolean) => void attempt(() => ask(putMeMail, { body: { wanted } }));
  return (
    <Panel title="E-mail">
      <label className="check">
        <input type="checkbox" checked={state.value.wanted} onChange={({ target }) => set(target.checked)} />
        Tell me by e-mail what was sent back to me, once an hour at most
      </label>
      <p role="alert" className="failure">
        {failure}
      </p>
    </Panel>
  );
}

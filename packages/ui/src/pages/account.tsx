import { AuditPanel } from '../accounts/audit-panel.tsx';
import { KeysPanel } from '../accounts/keys-panel.tsx';
import { MailPanel } from '../accounts/mail-panel.tsx';
import { PasswordPanel } from '../accounts/password-panel.tsx';
import { PeoplePanel } from '../accounts/people-panel.tsx';
import { Await } from '../states.tsx';
import { signOut, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function AccountPage() {
  const me = useMe();
  return (
    <Shell
      title="Account"
      aside={
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      }
    >
      <Await loaded={{ ...me, again: () => location.reload() }} what="your account">
        {({ id, name, email, role }) => (
          <>
            <p className="hint">
              {name}, {email}
              {role === 'admin' && ', an administrator'}
            </p>
            <PasswordPanel email={email} />
            <MailPanel />
            <KeysPanel />
            {role === 'admin' && <PeoplePanel me={id} />}
            {role === 'admin' && <AuditPanel />}
          </>
        )}
      </Await>
    </Shell>
  );
}

/** A dialog before something is deleted: its name must be typed. */
import { useState } from 'react';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

interface Props {
  title: string;
  /** What must be typed. */
  name: string;
  /** What the button says. */
  label: string;
  act(): void;
  close(): void;
  /** What will happen. */
  children: React.ReactNode;
}

export function TypeToConfirm({ title, name, label, act, close, children }: Props) {
  const [typed, setTyped] = useState('');
  return (
    <Dialog title={title} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === name) act();
        }}
      >
        {children}
        <Field label={`Type ${name} to confirm`}>
          <input
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setTyped(target.value)}
          />
        </Field>
        <button type="submit" className="main" disabled={typed.trim() !== name}>
          {label}
        </button>
      </form>
    </Dialog>
  );
}

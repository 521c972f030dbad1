/** A modal dialog; Escape and its button close it. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';

interface Props {
  title: string;
  close(): void;
  /** Takes all the room there is, for an image. */
  large?: boolean;
  /** Its own keys, whatever in it has the focus. */
  onKeyDown?(event: React.KeyboardEvent): void;
  children: React.ReactNode;
}

export function Dialog({ title, close, large, onKeyDown, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // What is asked comes before the button that closes; an image asks nothing, and its keys are letters.
    if (!large) dialog.current?.querySelector<HTMLElement>('input, textarea, select')?.focus();
  }, [large]);
  return (
    <dialog
      ref={dialog}
      onClose={close}
      onKeyDown={onKeyDown}
      aria-label={title}
      className={large ? 'large' : undefined}
    >
      <header className="dialog-head">
        <h2>{title}</h2>
        <button
          type="button"
          className="bare"
          aria-label="Close"
          title="Close (Escape)"
          onClick={() => dialog.current?.close()}
        >
          <X aria-hidden="true" />
        </button>
      </header>
      {children}
    </dialog>
  );
}

/** A modal dialog; Escape and its button close it. */
import { useEffect, useRef } from 'react';

interface Props {
  title: string;
  close(): void;
  /** Takes all the room there is, for an image. */
  large?: boolean;
  children: React.ReactNode;
}

export function Dialog({ title, close, large, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-label={title} className={large ? 'large' : undefined}>
      <h2>{title}</h2>
      {children}
      <button type="button" className="close" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}

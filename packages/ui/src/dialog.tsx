/** A dialog over the page: closed by Escape, by its button, by whoever opened it. */
import { useEffect, useRef } from 'react';

interface Props {
  title: string;
  close(): void;
  /** For a picture: as much room as there is. */
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

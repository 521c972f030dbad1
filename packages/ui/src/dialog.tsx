/** A dialog over the page: closed by Escape, by its button, by whoever opened it. */
import { useEffect, useRef } from 'react';

export function Dialog({ title, close, children }: { title: string; close(): void; children: React.ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-label={title}>
      <h2>{title}</h2>
      {children}
      <button type="button" className="close" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}

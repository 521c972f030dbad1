/** A table of all keyboard shortcuts. */
import { Dialog } from '../dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

interface Props {
  shortcuts: readonly Shortcut[];
  /** A remark under the table. */
  note?: string;
  close(): void;
}

export function ShortcutSheet({ shortcuts, note, close }: Props) {
  return (
    <Dialog title="Keyboard" close={close}>
      <table className="keys">
        <tbody>
          {shortcuts.map(({ show, label }) => (
            <tr key={label}>
              <th scope="row">
                <kbd>{show}</kbd>
              </th>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {note && <p className="hint">{note}</p>}
    </Dialog>
  );
}

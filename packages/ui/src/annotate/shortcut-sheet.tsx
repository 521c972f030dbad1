/** A table of all keyboard shortcuts. */
import { Dialog } from '../dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

export function ShortcutSheet({ shortcuts, close }: { shortcuts: readonly Shortcut[]; close(): void }) {
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
    </Dialog>
  );
}

/** All keyboard shortcuts, in groups. */
import { Dialog } from '../dialog.tsx';
import type { Shortcut } from './shortcuts.ts';

interface Props {
  shortcuts: readonly Shortcut[];
  /** A remark under the tables. */
  note?: string;
  close(): void;
}

export function ShortcutSheet({ shortcuts, note, close }: Props) {
  const groups = [...new Set(shortcuts.map(({ group }) => group))];
  return (
    <Dialog title="Keyboard" close={close}>
      <div className="shortcut-groups">
        {groups.map((group) => (
          <table key={group ?? ''} className="keys">
            {group && <caption>{group}</caption>}
            <tbody>
              {shortcuts
                .filter((one) => one.group === group)
                .map(({ show, label }) => (
                  <tr key={label}>
                    <th scope="row">
                      <kbd>{show}</kbd>
                    </th>
                    <td>{label}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        ))}
      </div>
      {note && <p className="hint">{note}</p>}
    </Dialog>
  );
}

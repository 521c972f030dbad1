/** Files that a person drops or chooses, with their paths below what was dropped. */

export interface Dropped {
  name: string;
  file: File;
}

/** Asks for everything at once: once the event is over, the browser tells nothing more. */
export async function droppedFiles({ items }: Pick<DataTransfer, 'items'>): Promise<Dropped[]> {
  const roots = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found: Dropped[] = [];
  for (const root of roots) {
    if (root instanceof File) found.push({ name: root.name, file: root });
    else if (root) await walk(root, found);
  }
  return visible(found);
}

async function walk(entry: FileSystemEntry, found: Dropped[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((read, failed) => (entry as FileSystemFileEntry).file(read, failed));
    found.push({ name: entry.fullPath.replace(/^\/+/, ''), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((read, failed) => reader.readEntries(read, failed));
    if (some.length === 0) return;
    for (const each of some) await walk(each, found);
  }
}

/** Of a field: a folder's files tell their paths. */
export const chosenFiles = (files: Iterable<File>): Dropped[] =>
  visible([...files].map((file) => ({ name: file.webkitRelativePath || file.name, file })));

/** Without what systems keep for themselves: nobody chose these. */
const visible = (files: Dropped[]): Dropped[] =>
  files.filter(({ name }) => !name.split('/').some((part) => /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i.test(part)));

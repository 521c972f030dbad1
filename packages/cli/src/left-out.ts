/** The files that an import left out, in words. */
import type { ImportReport } from '@saltworks/store/import/import';
import type { LeftReason } from '@saltworks/store/import/picture-names';

/** Singular and plural. */
const words: Partial<Record<LeftReason, [string, string]>> = {
  hidden: ['hidden file', 'hidden files'],
  broken_links: ['link to nothing', 'links to nothing'],
  linked_folders: ['link to a folder', 'links to folders'],
  removed: ['picture that was taken out (dataset put-back)', 'pictures that were taken out (dataset put-back)'],
  other: ['file that is no picture', 'files that are no pictures'],
};

/** For example `3 hidden files, 12 .heic (not read; convert to JPEG or PNG)`; empty if nothing was left out. */
export function leftOut({ left, failed }: Pick<ImportReport, 'left' | 'failed'>): string {
  const count = (reason: LeftReason, n: number) => {
    const [one, several] = words[reason] ?? [reason, reason];
    return n > 0 ? [`${n} ${n === 1 ? one : several}`] : [];
  };
  const entries = Object.entries(left) as [LeftReason, number][];
  const unread = entries.filter(([reason]) => reason.startsWith('.')).flatMap(([reason, n]) => count(reason, n));
  return [
    ...(Object.keys(words) as LeftReason[]).flatMap((reason) => count(reason, left[reason] ?? 0)),
    ...(unread.length > 0 ? [`${unread.join(', ')} (not read; convert to JPEG or PNG)`] : []),
    ...(failed.length > 0 ? [`${failed.length} that could not be read`] : []),
  ].join(', ');
}

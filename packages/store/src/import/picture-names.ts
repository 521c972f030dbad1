/** Kinds of files by their names: pictures that the decoder reads, pictures that it does not, and other files. */

/** Endings of JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP. */
const read = /\.(jpe?g|jpe|jfif|jfi|jif|pjpe?g|pjp|mpo|a?png|webp|gif|tiff?|avifs?|bmp|dib)$/i;

/** Endings of phones, cameras, drawing programs, hospitals, and rare formats. */
const unread = new RegExp(
  `\\.(${[
    'hei[cf]s?|hif|jxl|jp2|j2[kc]|jp[fxm]|jxr|wdp',
    'dng|cr[23w]|nef|nrw|arw|srf|sr2|srw|raf|orf|rw[2l]|pef|3fr|iiq|x3f|raw',
    'ps[db]|xcf|ai|eps|svgz?|[ew]mf|exr|hdr',
    'dcm|dicom|nii|mha|mhd|nrrd|fits?',
    'tga|pcx|p[bgpn]m|pam|ico|icns|xbm|xpm',
  ].join('|')})$`,
  'i',
);

/** Folders that systems and programs keep for themselves under names without a leading dot. */
const systems = new Set([
  ...['__MACOSX', '@eaDir', '@Recycle', '@Recently-Snapshot', '#recycle', '#snapshot'],
  ...['$RECYCLE.BIN', 'RECYCLER', 'System Volume Information', 'lost+found', '__pycache__'],
]);

/** `._a.jpg` beside every a.jpg of a Mac's archive, `.git`, `.ipynb_checkpoints`, `__MACOSX`; one part of a path. */
export const isHidden = (name: string): boolean => name.startsWith('.') || systems.has(name);

/**
 * Why a file is skipped; `removed`: its image was taken out of the dataset. A picture that the decoder does not read gives its ending, in lower case, with the dot.
 */
export type LeftReason = 'hidden' | 'other' | 'removed' | 'broken_links' | 'linked_folders' | `.${string}`;

/** @returns undefined for a picture */
export function leftByName(name: string): LeftReason | undefined {
  if (read.test(name)) return undefined;
  const [ending] = unread.exec(name) ?? [];
  return ending === undefined ? 'other' : (ending.toLowerCase() as `.${string}`);
}

/** What a file is by its name: a picture that the decoder reads, one that it does not, or something else. */

/** Endings of JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP. */
const read = /\.(jpe?g|jpe|jfif|jfi|jif|pjpe?g|pjp|mpo|a?png|webp|gif|tiff?|avifs?|bmp|dib)$/i;

/** Of phones, of cameras, of programs that draw, of hospitals, and what is rare. */
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

/** Folders that systems and programs keep for themselves, besides those that begin with a dot. */
const systems = new Set([
  ...['__MACOSX', '@eaDir', '@Recycle', '@Recently-Snapshot', '#recycle', '#snapshot'],
  ...['$RECYCLE.BIN', 'RECYCLER', 'System Volume Information', 'lost+found', '__pycache__'],
]);

/** `._a.jpg` beside every a.jpg of a Mac's archive, `.git`, `.ipynb_checkpoints`, `__MACOSX`; one part of a path. */
export const isHidden = (name: string): boolean => name.startsWith('.') || systems.has(name);

/**
 * Why something is passed over. The ending of a picture that is not read, in lower case, begins with its dot.
 */
export type LeftReason = 'hidden' | 'other' | 'broken_links' | 'linked_folders' | `.${string}`;

/** @returns undefined for a picture */
export function leftByName(name: string): LeftReason | undefined {
  if (read.test(name)) return undefined;
  const [ending] = unread.exec(name) ?? [];
  return ending === undefined ? 'other' : (ending.toLowerCase() as `.${string}`);
}

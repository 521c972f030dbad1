/** The tables that backups hold, each after those that its rows refer to. */
export const backedUpTables = [
  ...['user', 'account', 'api_key'],
  ...['campaign', 'category', 'label_schema', 'member', 'invitation', 'task', 'task_category', 'task_person'],
  ...['assignment', 'interaction', 'event', 'review', 'note', 'consensus'],
  ...['audit', 'webhook', 'delivery', 'delivery_attempt'],
  ...['build', 'promotion', 'build_mask', 'schedule', 'firing', 'backup'],
  ...['image_tag', 'image_filter'],
] as const;

/**
 * Those that they leave out: everybody signs in anew after a restore, counts of attempts, uploads and e-mails are of a moment, facts of masks
 * are read again, and the tables themselves say which migrations ran.
 */
export const leftOutTables = [
  ...['session', 'verification', 'rateLimit', 'sign_in_failure', 'upload', 'upload_file'],
  ...['mask_facts', 'mail'],
  ...['migration', 'expansion'],
] as const;

/** Columns that they leave out: tokens of other servers, which nobody needs after a sign-in. */
export const leftOutColumns: Readonly<Record<string, readonly string[]>> = {
  account: ['accessToken', 'refreshToken', 'idToken', 'accessTokenExpiresAt', 'refreshTokenExpiresAt'],
};

/** Where rows that they hold name masks. */
export const maskColumns = ['assignment', 'review', 'consensus', 'build_mask'] as const;

/** Failures of S3 calls: their kinds. */

const SLOW_DOWN = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded']);
const PASSING = new Set([
  ...SLOW_DOWN,
  ...['InternalError', 'ServiceUnavailable', 'RequestTimeout', 'TimeoutError'],
  ...['ConditionalRequestConflict', 'OperationAborted'],
]);
const PASSING_STATUS = new Set([429, 500, 502, 503, 504]);
const PASSING_CODE = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN'],
]);
/** versitygw sends these with status 404. */
const REFUSALS = new Set([
  ...['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken'],
  'XAdminUserNotFound',
]);

/** The answer's HTTP status, if the server answered. */
export const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

/** Whether the same request may well succeed a moment later. */
export function isPassing(error: unknown): boolean {
  const { name, code, $metadata } = error as {
    name: string;
    code?: string;
    $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
  };
  if (isFull(error)) return false;
  return (
    PASSING.has(name) ||
    PASSING_CODE.has(code ?? '') ||
    PASSING_STATUS.has($metadata?.httpStatusCode ?? 0) ||
    $metadata?.clockSkewCorrected === true
  );
}

/** Whether the server asks for fewer requests. */
export const isSlowDown = (error: unknown): boolean => SLOW_DOWN.has((error as Error).name) || statusOf(error) === 429;

/**
 * Whether the server has no room, or the quota is used up. Ceph and versitygw say QuotaExceeded (403), MinIO
 * XMinioAdminBucketQuotaExceeded (400) and XMinioStorageFull (507).
 */
export const isFull = (error: unknown): boolean =>
  statusOf(error) === 507 ||
  /quota_?exceeded|storage(backend)?full|insufficient(storage|capacity)/i.test((error as Error).name);

/** Whether the server refuses the credentials; a wrong clock is not their fault. */
export function isRefusal(error: unknown): boolean {
  const { name } = error as Error;
  const status = statusOf(error);
  return name !== 'RequestTimeTooSkewed' && (status === 401 || status === 403 || REFUSALS.has(name));
}

/** A body that ended too early. It may be read again, like a connection that broke. */
export const brokenOff = (done: number, length: number): Error =>
  Object.assign(new Error(`the body ended at byte ${done} of ${length}`), { code: 'ECONNRESET' });

/** Failures of system calls, and what they mean for objects. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { StoreRefusedError } from '../store.ts';

export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Whether there is no such file. */
export const isAbsent = (error: unknown): boolean => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';

/** For catch(): another value where there is no such file. */
export const ifAbsent =
  <T>(value: T) =>
  (error: unknown): T => {
    if (isAbsent(error)) return value;
    throw error;
  };

/** For catch(): lets one kind of failure pass. */
export const unless = (code: string) => (error: unknown) => {
  if (codeOf(error) !== code) throw error;
};

export const linkError = (key: string, folder: string): InvalidInputError =>
  new InvalidInputError(`object ${key} lies behind a symbolic link in ${folder}; expected folders and files only`);

/** A system call's failure in terms of the object; any other failure as it is. */
export function explain(error: unknown, key: string, folder: string): unknown {
  switch (codeOf(error)) {
    case 'ELOOP':
      return linkError(key, folder);
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return new InvalidInputError(
        `object ${key} cannot lie in ${folder} beside an object or folder of the same name; expected keys that are no folders of others`,
      );
    case 'ENAMETOOLONG':
      return new InvalidInputError(`object ${key} has too long a name for ${folder}; expected one that fits`);
    case 'EACCES':
    case 'EROFS':
      return new StoreRefusedError(
        `object ${key}: no access to ${folder} (${codeOf(error)}); expected a folder to work in`,
      );
    case 'EPERM':
    case 'ENOTSUP':
      return new StoreRefusedError(
        `object ${key} cannot be put into ${folder} (${codeOf(error)}); expected a file system with hard links`,
      );
    default:
      return error;
  }
}
